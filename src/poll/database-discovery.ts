import { closedDatabases, isIncluded, type Listed, withFound } from '../server/discover.ts'
import type { Database, Server } from '../server/server.ts'

/** The maximum number of dropped databases that are remembered. Applications may generate names without limit. */
const mostGone = 1000

/**
 * The databases of one server. While discovery fails, the last successful list is used. Times are in milliseconds of
 * one clock.
 */
export class DatabaseDiscovery {
  readonly #intervalMs: number
  #listed: readonly Listed[] = []
  /** The names whose privileges or connection limit differ between the last two lists. */
  #changed: ReadonlySet<string> = new Set()
  /** Replaced when it changes, because `visibilityOf` keeps it. */
  #gone: ReadonlySet<string> = new Set()
  #returned = 0
  #startedAt = Number.NEGATIVE_INFINITY
  #failure: string | undefined
  #hasSucceeded: boolean | undefined

  constructor(intervalSeconds: number) {
    this.#intervalMs = intervalSeconds * 1000
  }

  /** The number of databases that reappeared under the name of a dropped one. */
  get returned(): number {
    return this.#returned
  }

  /** Whether the last attempt succeeded; undefined before the first. */
  get hasSucceeded(): boolean | undefined {
    return this.#hasSucceeded
  }

  isDue(server: Server, now: number): boolean {
    return server.discovery !== undefined && now - this.#startedAt >= this.#intervalMs
  }

  succeeded(listed: readonly Listed[], now: number): void {
    this.#startedAt = now
    this.#returned += listed.filter(({ name }) => this.#gone.has(name)).length
    const before = new Map(this.#listed.map(({ name, access }) => [name, access]))
    this.#changed = new Set(listed.flatMap(({ name, access }) => (before.get(name) === access ? [] : [name])))
    const present = new Set(listed.map(({ name }) => name))
    const known = new Set([...this.#gone, ...this.#listed.map(({ name }) => name)])
    this.#gone = new Set([...known].filter((name) => !present.has(name)).slice(-mostGone))
    this.#listed = listed
    this.#hasSucceeded = true
    this.#failure = undefined
  }

  /**
   * Records a failure, without a time if the databases could not even be requested: then the next session requests them.
   * Returns whether the message differs from that of the last failure.
   */
  failed(message: string, now?: number): boolean {
    this.#startedAt = now ?? this.#startedAt
    this.#hasSucceeded = false
    const isNew = this.#failure !== message
    this.#failure = message
    return isNew
  }

  /** Lists the databases again as soon as possible. Until then, the list of the replaced server is used. */
  serverReplaced(): void {
    this.#startedAt = Number.NEGATIVE_INFINITY
    this.#gone = new Set()
  }

  /** Whether the last successful list contains a database of this name. */
  has(name: string): boolean {
    return this.#listed.some((listed) => listed.name === name)
  }

  /** Whether the privileges or the connection limit of a database changed in the last list. */
  hasChanged(name: string): boolean {
    return this.#changed.has(name)
  }

  /** Whether the connection limit of a database was reached in the last list. */
  isFull(name: string): boolean {
    return this.#listed.some((listed) => listed.name === name && listed.isFull === true)
  }

  /** The databases that would be discovered if the role could connect. */
  closedOf(server: Server): readonly string[] {
    return closedDatabases(server, this.#listed)
  }

  /** The declared databases in their order, followed by the discovered ones. */
  databasesOf(server: Server): readonly Database[] {
    return withFound(server, this.#listed)
  }

  /** Returns a function that reports whether series of a database are exported now: it is neither excluded nor dropped. Later changes do not affect it. */
  visibilityOf({ databases, discovery }: Server): (datname: string) => boolean {
    if (discovery === undefined) return () => true
    const declared = new Set(databases.map(({ name }) => name))
    const gone = this.#gone
    return (datname) => datname === '' || declared.has(datname) || (isIncluded(discovery, datname) && !gone.has(datname))
  }
}
