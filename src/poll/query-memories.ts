import type { Labels } from '../metric/sample.ts'
import { TopRows } from '../metric/top-rows.ts'
import type { Query } from '../query/query.ts'
import { StatementCounts } from '../statements/statement-counts.ts'
import { StatementTexts } from '../statements/statement-texts.ts'

/** The state that a query keeps between its polls, independent of the session. */
export type QueryMemory =
  | { readonly kind: 'counts'; readonly counts: StatementCounts }
  | { readonly kind: 'texts'; readonly texts: StatementTexts; readonly shown: () => readonly Labels[] }
  | { readonly kind: 'top'; readonly top: TopRows }

interface Kept {
  readonly query: Query
  readonly datname: string
  readonly definition: string
  readonly memory: QueryMemory
}

/** The state of the queries of one server. */
export class QueryMemories {
  readonly #kept = new Map<string, Kept>()

  /** The state of a query in a database (`''` for a server-wide query); undefined for a query that needs none. */
  of(query: Query, datname: string, labels: Labels): QueryMemory | undefined {
    if (query.top === undefined && query.statements === undefined) return undefined
    // A text belongs to the server: several databases can have one queryid.
    const place = query.statements?.kind === 'texts' ? '' : datname
    const key = `${query.name}\n${place}`
    // Another variant or an edited file may have other columns.
    const definition = JSON.stringify([query.file, query.columns, query.top?.by, query.statements])
    const known = this.#kept.get(key)
    if (known?.definition === definition) return known.memory
    const memory = this.#create(query, labels)
    this.#kept.set(key, { query, datname: place, definition, memory })
    return memory
  }

  /** Deletes the state of databases that no longer contribute to a server-wide query. If they contribute again, their counters start at 0. */
  keepContributors(isRunning: (datname: string, query: string) => boolean): void {
    for (const [key, { query, datname }] of this.#kept)
      if (query.scope === 'server' && datname !== '' && !isRunning(datname, query.name)) this.#kept.delete(key)
  }

  /** Forgets a database that is no longer polled. */
  forget(datname: string): void {
    for (const key of this.#kept.keys()) if (key.endsWith(`\n${datname}`)) this.#kept.delete(key)
  }

  /** Forgets texts and chosen rows, which belong to a server. The counts of statements have epochs. */
  serverReplaced(): void {
    for (const [key, { memory }] of this.#kept) if (memory.kind !== 'counts') this.#kept.delete(key)
  }

  #create(query: Query, labels: Labels): QueryMemory {
    if (query.statements?.kind === 'counts') return { kind: 'counts', counts: new StatementCounts(query, labels) }
    if (query.statements?.kind === 'texts') {
      return { kind: 'texts', texts: new StatementTexts(query), shown: () => this.#shownStatements() }
    }
    return { kind: 'top', top: new TopRows(query) }
  }

  #shownStatements(): readonly Labels[] {
    return [...this.#kept.values()].flatMap(({ memory }) => (memory.kind === 'counts' ? memory.counts.shown : []))
  }
}
