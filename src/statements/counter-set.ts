import type { Labels } from '../metric/sample.ts'

/** The time of the poll, and the time up to which every scraper has received the page, in milliseconds. */
export interface Times {
  readonly now: number
  readonly seenUntil: number
}

/** A number for each column; undefined if it is not measured. */
export type Numbers = readonly (number | undefined)[]

/**
 * The counters of one label set on the page. A column appears at 0, and its increments remain pending until every
 * scraper has received it, because Prometheus does not count the first sample of a series as an increase.
 */
export class CounterSet {
  readonly labels: Labels
  /** The time of the last poll with a statement that belongs to it. */
  usedAt = 0
  readonly #values: (number | undefined)[] = []
  readonly #pending: number[] = []
  /** The time from which pages contain a column; infinite until `shown` is called. */
  readonly #shownAt: number[] = []

  constructor(labels: Labels) {
    this.labels = labels
  }

  get values(): Numbers {
    return [...this.#values]
  }

  /** Adds increments. A column is exported from its first increment that is not undefined, even if that is 0. */
  add(deltas: Numbers, { seenUntil }: Pick<Times, 'seenUntil'>): void {
    for (let column = 0; column < deltas.length; column++) {
      if (deltas[column] === undefined) continue
      this.#values[column] ??= 0
      this.#shownAt[column] ??= Number.POSITIVE_INFINITY
      this.#pending[column] = (this.#pending[column] ?? 0) + (deltas[column] ?? 0)
    }
    this.release(seenUntil)
  }

  /** Adds the pending increments of columns that every scraper has received. */
  release(seenUntil: number): void {
    for (let column = 0; column < this.#pending.length; column++) {
      if (seenUntil < (this.#shownAt[column] ?? Number.POSITIVE_INFINITY)) continue
      this.#values[column] = (this.#values[column] ?? 0) + (this.#pending[column] ?? 0)
      this.#pending[column] = 0
    }
  }

  /** Records that pages contain the values from `now` on. Pages that were built while a result was counted do not. */
  shown(now: number): void {
    for (let column = 0; column < this.#shownAt.length; column++)
      if (this.#shownAt[column] === Number.POSITIVE_INFINITY) this.#shownAt[column] = now
  }

  /** Removes and returns the pending increments. */
  takePending(): Numbers {
    return this.#pending.splice(0)
  }
}

/** 0 for each measured column. */
export const zerosOf = (numbers: Numbers): Numbers => numbers.map((value) => (value === undefined ? undefined : 0))

/** A set that is unused for this time, such as that of a dropped database, is deleted. */
const forgetAfterMs = 7_200_000

/** Counter sets by key, for label sets that are on the page regardless of the named statements. */
export class CounterSets {
  readonly #sets = new Map<string, CounterSet>()

  get all(): readonly CounterSet[] {
    return [...this.#sets.values()]
  }

  /** The set of a key. A new set has the columns that are measured in the numbers returned by `create`. */
  of(key: string, times: Times, create: () => readonly [Labels, Numbers]): CounterSet {
    let set = this.#sets.get(key)
    if (set === undefined) {
      const [labels, numbers] = create()
      set = new CounterSet(labels)
      set.add(zerosOf(numbers), times)
      this.#sets.set(key, set)
    }
    set.usedAt = times.now
    return set
  }

  /** Releases pending increments. Deletes unused sets and those of databases that are not exported. */
  release({ now, seenUntil }: Times, isShown: (datname: string) => boolean): void {
    for (const [key, set] of this.#sets) {
      set.release(seenUntil)
      if (now - set.usedAt > forgetAfterMs || !isShown(set.labels.datname ?? '')) this.#sets.delete(key)
    }
  }
}
