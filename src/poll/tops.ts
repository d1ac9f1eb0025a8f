import { Top } from '../metric/top.ts'
import type { Query } from '../query/query.ts'

export interface TopsOptions {
  /** The databases of the server, which share the limit of a database-wide query. */
  readonly databases: number
  readonly standStillSeconds: () => number
}

/** What one server's limited queries remember between polls, whichever session asks them. */
export class Tops {
  readonly #options: TopsOptions
  readonly #kept = new Map<string, { readonly top: Top; epoch: string }>()

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
    const share = query.scope === 'database' ? Math.ceil(query.top.limit / this.#options.databases) : query.top.limit
    const kept = this.#kept.get(key) ?? { top: new Top(query, { ...this.#options, limit: Math.max(10, share) }), epoch }
    this.#kept.set(key, kept)
    if (kept.epoch !== epoch) kept.top.rebase()
    kept.epoch = epoch
    return kept.top
  }
}
