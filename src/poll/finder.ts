import type { Logger } from 'pino'
import { isIncluded, type Listed, listDatabases, withFound } from '../server/discover.ts'
import { messageOf } from '../server/error-class.ts'
import type { Database, Server } from '../server/server.ts'
import type { Session } from '../server/session.ts'

const mostGone = 1000

/** Finds the databases of one server again and again; the last good list serves while that fails. */
export class Finder {
  readonly #log: Logger
  readonly #intervalSeconds: number
  #listed: readonly Listed[] = []
  /** What a good list once had and the last one has not; the last thousand, for names may be made up day by day. */
  readonly #gone = new Set<string>()
  #returns = 0
  #askedAt = Number.NEGATIVE_INFINITY
  #failure: string | undefined
  #succeeded: boolean | undefined

  constructor(log: Logger, intervalSeconds: number) {
    this.#log = log
    this.#intervalSeconds = intervalSeconds
  }

  /** How often a database came back whose name had been gone. */
  get returns(): number {
    return this.#returns
  }

  /** Whether the last attempt succeeded; undefined before the first. */
  get succeeded(): boolean | undefined {
    return this.#succeeded
  }

  /** Looks again where it is time. Answers whether the list may be another. */
  async look({ name: server, discovery }: Server, session: Session): Promise<boolean> {
    const now = performance.now()
    if (discovery === undefined || now - this.#askedAt < this.#intervalSeconds * 1000) return false
    this.#askedAt = now
    try {
      const listed = await listDatabases(session, discovery)
      this.#returns += listed.filter(({ name }) => this.#gone.has(name)).length
      for (const { name } of this.#listed) this.#gone.add(name)
      for (const { name } of listed) this.#gone.delete(name)
      for (const name of [...this.#gone].slice(0, -mostGone)) this.#gone.delete(name)
      this.#listed = listed
      this.#succeeded = true
      this.#failure = undefined
      return true
    } catch (error) {
      this.fail(server, messageOf(error))
      return false
    }
  }

  /** Nobody could look, or who looked saw nothing. */
  fail(server: string, message: string): void {
    this.#succeeded = false
    if (this.#failure !== message) this.#log.warn({ server }, `databases cannot be discovered, the last list serves: ${message}`)
    this.#failure = message
  }

  /** Whether the last good list has a database of this name. */
  has(name: string): boolean {
    return this.#listed.some((listed) => listed.name === name)
  }

  /** The declared databases in their order, and after them those that were found. */
  databasesOf(server: Server): readonly Database[] {
    return withFound(server, this.#listed)
  }

  /** Whether anything may be told of a database of this name: not of one that is excluded, nor of one that was dropped. */
  isShown({ databases, discovery }: Server, name: string): boolean {
    if (name === '' || discovery === undefined || databases.some((database) => database.name === name)) return true
    return isIncluded(discovery, name) && !this.#gone.has(name)
  }
}
