import { columnNames, isValueColumn, type Query } from '../query/query.ts'
import { chooseTop, decay } from './ranking.ts'
import { databaseOf, type Entry } from './sample.ts'

/** The state of a row between two polls. */
interface RankedRow {
  readonly datname: string
  /**
   * For each ranking column: the recent increase of a counter or the value of a gauge (`scores`), and the last value
   * (`sizes`).
   */
  readonly scores: number[]
  readonly sizes: number[]
  isMember: boolean
  /** The number of the last poll that returned it. */
  seenIn: number
}

/**
 * Limits a query with many rows to the most important ones, with PostgreSQL's own values. Counters rank by their recent
 * increase, gauges by their value; rows that are already exported are preferred.
 */
export class TopRows {
  readonly #by: readonly { readonly index: number; readonly isCounter: boolean }[]
  readonly #labels: readonly string[]
  readonly #rows = new Map<string, RankedRow>()
  #poll = 0
  #now: number | undefined

  constructor(query: Query) {
    const columns = query.columns.filter(isValueColumn)
    this.#by = (query.top?.by ?? []).map((name) => {
      const index = columns.findIndex((column) => column.name === name)
      return { index, isCounter: columns[index]?.kind === 'counter' }
    })
    this.#labels = columnNames(query, 'label')
  }

  /**
   * The entries to export, at least one and at most `limit`, in their order, and the number of the others. `now` is in
   * milliseconds.
   */
  choose(
    entries: readonly Entry[],
    { limit, now }: { readonly limit: number; readonly now: number }
  ): { readonly shown: readonly Entry[]; readonly leftOut: number } {
    this.#poll++
    const factor = decay(now - (this.#now ?? now))
    this.#now = now
    const rows = entries.map((entry) => this.#rank(entry, factor))
    for (const [key, row] of this.#rows) if (row.seenIn !== this.#poll) this.#rows.delete(key)
    const chosen = chooseTop([...this.#rows.values()], Math.max(1, Math.floor(limit)), ({ sizes }) => sizes)
    for (const row of this.#rows.values()) row.isMember = chosen.has(row)
    const shown = entries.filter((_, index) => rows[index]?.isMember)
    return { shown, leftOut: entries.length - shown.length }
  }

  #rank({ labels, values }: Entry, factor: number): RankedRow {
    const key = this.#labels.map((name) => labels[name]).join('\0')
    const known = this.#rows.get(key)
    const row = known ?? { datname: databaseOf(labels), scores: [], sizes: [], isMember: false, seenIn: 0 }
    if (known === undefined) this.#rows.set(key, row)
    if (row.seenIn === this.#poll) return row
    row.seenIn = this.#poll
    for (const [column, { index, isCounter }] of this.#by.entries()) {
      const size = values[index] ?? 0
      const before = row.sizes[column] ?? size
      const movement = size < before ? size : size - before
      row.scores[column] = isCounter ? (row.scores[column] ?? 0) * factor + movement : size
      row.sizes[column] = size
    }
    return row
  }
}
