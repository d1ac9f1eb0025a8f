import type { Entry, Labels } from './sample.ts'

/** One sum: what was counted and shown, and what is counted but not shown yet. */
export interface Sum {
  readonly labels: Labels
  readonly values: (number | undefined)[]
  /** Not shown before `opensAt`, since a scrape must first see the series without it. */
  readonly pending: number[]
  readonly opensAt: number
  /** When anything last belonged to it. */
  seenAt: number
}

/** What nothing has belonged to for so long, such as a database that was dropped, is forgotten. */
const forgetAfterMs = 7_200_000

/** Sums that only grow, one for each combination of labels. Times are milliseconds. */
export class Remainder {
  readonly #columns: number
  readonly #sums = new Map<string, Sum>()

  constructor(columns: number) {
    this.#columns = columns
  }

  /** The sum of the combination that the key stands for; a new one begins without values and opens at the given time. */
  of(key: string, labels: () => Labels, opensAt: number): Sum {
    const known = this.#sums.get(key)
    if (known !== undefined) return known
    const columns = Array.from<undefined>({ length: this.#columns })
    const sum = { labels: labels(), values: columns.map(() => undefined), pending: columns.map(() => 0), opensAt, seenAt: opensAt }
    this.#sums.set(key, sum)
    return sum
  }

  /** Shows what is pending where the time has come; answers whether any sum was forgotten. */
  settle(now: number): boolean {
    const before = this.#sums.size
    for (const [key, { values, pending, opensAt, seenAt }] of this.#sums) {
      if (now - seenAt > forgetAfterMs) this.#sums.delete(key)
      if (opensAt > now) continue
      for (const [column, delta] of pending.entries()) {
        if (values[column] !== undefined) values[column] = (values[column] ?? 0) + delta
        pending[column] = 0
      }
    }
    return this.#sums.size < before
  }

  entries(): readonly Entry[] {
    return [...this.#sums.values()].map(({ labels, values }) => ({ labels, suffix: undefined, values: [...values] }))
  }
}

/** Adds to a sum; a column that is undefined is one that is not measured. */
export function addTo(sum: Sum, deltas: readonly (number | undefined)[]): void {
  for (let column = 0; column < deltas.length; column++) {
    const delta = deltas[column]
    if (delta === undefined) continue
    sum.values[column] ??= 0
    sum.pending[column] = (sum.pending[column] ?? 0) + delta
  }
}
