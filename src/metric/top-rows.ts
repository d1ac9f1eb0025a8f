import { columnNames, isValueColumn, type Query } from '../query/query.ts'
import { chooseTop, decay } from './ranking.ts'
import { databaseOf, type Entry } from './sample.ts'

/** A row between two polls. */
interface RankedRow {
  readonly datname: string
  readonly isMember: boolean
  readonly scores: readonly number[]
  /** The values of the ranking columns. */
  readonly sizes: readonly number[]
}

/**
 * Limits a query with many rows to those that matter now, with PostgreSQL's own values. Counters rank by their recent
 * movement, gauges by their value; rows that are shown are preferred.
 */
export class TopRows {
  readonly #by: readonly { readonly index: number; readonly isCounter: boolean }[]
  readonly #labels: readonly string[]
  #rows: ReadonlyMap<string, RankedRow> = new Map()
  #now: number | undefined

  constructor(query: Query) {
    const columns = query.columns.filter(isValueColumn)
    this.#by = (query.top?.by ?? []).map((name) => {
      const index = columns.findIndex((column) => column.name === name)
      return { index, isCounter: columns[index]?.kind === 'counter' }
    })
    this.#labels = columnNames(query, 'label')
  }

  /** The entries to show, at most `limit` and at least one, in their order, and the number of the others. `now` is in milliseconds. */
  choose(
    entries: readonly Entry[],
    { limit, now }: { readonly limit: number; readonly now: number }
  ): { readonly shown: readonly Entry[]; readonly leftOut: number } {
    const factor = decay(now - (this.#now ?? now))
    const keyed = entries.map((entry) => [this.#keyOf(entry), entry] as const)
    const candidates = new Map(keyed.map(([key, entry]) => [key, this.#ranked(entry, this.#rows.get(key), factor)]))
    const chosen = chooseTop([...candidates.values()], Math.max(1, Math.floor(limit)), ({ sizes }) => sizes)
    this.#rows = new Map([...candidates].map(([key, row]) => [key, { ...row, isMember: chosen.has(row) }]))
    this.#now = now
    const shown = keyed.flatMap(([key, entry]) => (this.#rows.get(key)?.isMember ? [entry] : []))
    return { shown, leftOut: entries.length - shown.length }
  }

  #ranked({ labels, values }: Entry, last: RankedRow | undefined, factor: number): RankedRow {
    const sizes = this.#by.map(({ index }) => values[index] ?? 0)
    const scores = this.#by.map(({ isCounter }, column) => {
      const size = sizes[column] ?? 0
      if (!isCounter) return size
      const before = last?.sizes[column] ?? size
      return (last?.scores[column] ?? 0) * factor + (size < before ? size : size - before)
    })
    return { datname: databaseOf(labels), isMember: last?.isMember ?? false, scores, sizes }
  }

  #keyOf({ labels }: Entry): string {
    return this.#labels.map((name) => labels[name]).join('\n')
  }
}
