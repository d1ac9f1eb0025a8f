import { Top, type TopOptions } from '../metric/top.ts'
import type { Query, Scope } from '../query/query.ts'

export interface TopsOptions {
  /** The databases of the server, which share the limit of a database-wide query. */
  readonly databases: () => number
  readonly standStillSeconds: () => number
}

/** What one server's limited queries remember between polls, whichever session asks them. */
export class Tops {
  readonly #options: TopsOptions
  readonly #kept = new Map<string, { readonly top: Top; limit: number; epoch: string }>()

  constructor(options: TopsOptions) {
    this.#options = options
  }

  /**
   * The memory of a query with `top` in a database (`''` for the server); undefined for other queries. With
   * another epoch (another running server, other rights) its next answer is only a baseline.
   */
  of(query: Query, datname: string, epoch: string): Top | undefined {
    if (query.top === undefined) return undefined
    const key = `${query.file}\n${datname}`
    const kept = this.#kept.get(key) ?? { top: new Top(query, this.#optionsOf(query.scope, key)), limit: query.top.limit, epoch }
    this.#kept.set(key, kept)
    kept.limit = query.top.limit
    if (kept.epoch !== epoch) kept.top.rebase()
    kept.epoch = epoch
    return kept.top
  }

  /** Forgets a database that is no longer visited. */
  forget(datname: string): void {
    for (const key of this.#kept.keys()) if (key.endsWith(`\n${datname}`)) this.#kept.delete(key)
  }

  /** The limit, or a database's share of it, may change at any time. */
  #optionsOf(scope: Scope, key: string): TopOptions {
    const { databases, standStillSeconds } = this.#options
    const limit = () => Math.max(10, (this.#kept.get(key)?.limit ?? 0) / (scope === 'database' ? databases() : 1))
    return {
      standStillSeconds,
      get limit() {
        return Math.ceil(limit())
      }
    }
  }
}
