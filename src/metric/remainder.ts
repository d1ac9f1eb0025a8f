import type { Entry, Labels } from './sample.ts'

/** The `other` row of one combination of the labels that remain. */
interface Other {
  readonly labels: Labels
  readonly values: (number | undefined)[]
  /** What has been counted but is not shown yet, since a scrape must first see the series without it. */
  readonly pending: number[]
  opensAt: number
}

/** Sums what rows that are not shown by themselves have moved, one row for each combination of the remaining labels. */
export class Remainder {
  readonly #names: readonly string[]
  readonly #isCounter: readonly boolean[]
  readonly #others = new Map<string, Other>()

  constructor(names: readonly string[], isCounter: readonly boolean[]) {
    this.#names = names
    this.#isCounter = isCounter
  }

  /** Makes sure that the entry's combination is there, from `opensAt` on if it is new, and adds deltas to it. */
  add({ labels, values }: Entry, deltas: readonly number[] | undefined, opensAt: number): void {
    if (this.#names.length === 0) return
    const otherLabels = { ...labels }
    for (const name of this.#names) otherLabels[name] = 'other'
    const key = Object.values(otherLabels).join('\u0000')
    const other = this.#others.get(key) ?? {
      labels: otherLabels,
      values: this.#isCounter.map(() => undefined),
      pending: this.#isCounter.map(() => 0),
      opensAt
    }
    this.#others.set(key, other)
    for (const [column, isCounter] of this.#isCounter.entries()) {
      if (!isCounter || values[column] === undefined) continue
      other.values[column] ??= 0
      other.pending[column] = (other.pending[column] ?? 0) + (deltas?.[column] ?? 0)
    }
  }

  /** Shows what is pending where the time has come. */
  settle(now: number): void {
    for (const { values, pending, opensAt } of this.#others.values()) {
      if (opensAt > now) continue
      for (const [column, delta] of pending.entries()) {
        if (values[column] !== undefined) values[column] = (values[column] ?? 0) + delta
        pending[column] = 0
      }
    }
  }

  entries(): readonly Entry[] {
    return [...this.#others.values()].map(({ labels, values }) => ({ labels, suffix: undefined, values: [...values] }))
  }
}
