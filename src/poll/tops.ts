import { DerivedCounts } from '../metric/derived-counts.ts'
import { Lookup } from '../metric/lookup.ts'
import type { Labels } from '../metric/sample.ts'
import { Top, type TopOptions } from '../metric/top.ts'
import type { Query, Scope } from '../query/query.ts'
import { createTurns, type InTurn } from './turns.ts'

export interface TopsOptions {
  /** The databases of the server, which share the limit of a database-wide query. */
  readonly databases: () => number
  readonly standStillSeconds: () => number
}

/** What a query remembers between polls: its rows where it is limited, what it has found where it looks up. */
export interface Memory {
  readonly top: Top | undefined
  readonly derived: DerivedCounts | undefined
  readonly lookup: Lookup | undefined
  /** The labels that the query in which it looks up shows now. */
  readonly shownLabels: () => readonly Labels[]
  readonly inTurn: InTurn
}

/** What one server's queries remember between polls, whichever session asks them. */
export class Tops {
  readonly #options: TopsOptions
  readonly #kept = new Map<string, Memory & { readonly written: string; limit: number; epoch: string }>()

  constructor(options: TopsOptions) {
    this.#options = options
  }

  /**
   * The memory of a query in a database (`''` for the server); undefined for one that needs none. With another
   * epoch (another running server, other rights) its next answer is only a baseline.
   */
  of(query: Query, datname: string, labels: Labels, epoch: string): Memory | undefined {
    if (query.top === undefined && query.lookup === undefined) return undefined
    const key = keyOf(query.name, datname)
    // Another variant, or an edited file, has other columns.
    const written = JSON.stringify([query.file, query.columns, query.top?.by, query.top?.other])
    const known = this.#kept.get(key)
    const kept = known?.written === written ? known : { ...this.#create(query, datname, key, labels), written, limit: 0, epoch }
    this.#kept.set(key, kept)
    kept.limit = query.top?.limit ?? 0
    if (kept.epoch !== epoch) kept.top?.rebase()
    kept.epoch = epoch
    return kept
  }

  #create(query: Query, datname: string, key: string, labels: Labels): Memory {
    const lookup = query.lookup && new Lookup(query.lookup)
    const shownLabels = () => this.#shown(query.lookup?.of ?? '', datname)
    const inTurn = createTurns()
    if (query.top === undefined) return { top: undefined, derived: undefined, lookup, shownLabels, inTurn }
    const { standStillSeconds } = this.#options
    const top = new Top(query, this.#optionsOf(query.scope, key, labels))
    const derived = query.derived && new DerivedCounts(query, { standStillSeconds, labels, labelsOf: top.labels.labelsOf })
    return { top, derived, lookup, shownLabels, inTurn }
  }

  #shown(name: string, datname: string): readonly Labels[] {
    return this.#kept.get(keyOf(name, datname))?.top?.shownLabels() ?? []
  }

  /** Forgets a database that is no longer visited. */
  forget(datname: string): void {
    for (const key of this.#kept.keys()) if (key.endsWith(`\n${datname}`)) this.#kept.delete(key)
  }

  /** The limit, or a database's share of it, may change at any time. */
  #optionsOf(scope: Scope, key: string, labels: Labels): TopOptions {
    const { databases, standStillSeconds } = this.#options
    const limit = () => Math.max(10, (this.#kept.get(key)?.limit ?? 0) / (scope === 'database' ? databases() : 1))
    return {
      standStillSeconds,
      labels,
      get limit() {
        return Math.ceil(limit())
      }
    }
  }
}

function keyOf(name: string, datname: string): string {
  return `${name}\n${datname}`
}
