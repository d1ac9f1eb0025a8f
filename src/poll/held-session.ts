import { isDeepStrictEqual } from 'node:util'
import { fileOf } from '../server/credential.ts'
import { readPassword } from '../server/password.ts'
import type { Database } from '../server/server.ts'
import { openSession, type Session } from '../server/session.ts'
import type { Credentials } from './credentials.ts'

/** The one session with a database that may be open, and the place that it takes among those of the server. */
export class HeldSession {
  readonly #acquire: (user: string) => Promise<() => void>
  readonly #credentials: Credentials
  #database: Database
  #session: Session | undefined
  #release: (() => void) | undefined
  #isOutdated = false
  #password: Promise<string | undefined> | undefined

  constructor(database: Database, acquire: (user: string) => Promise<() => void>, credentials: Credentials) {
    this.#database = database
    this.#acquire = acquire
    this.#credentials = credentials
  }

  /** The session while it is open. */
  get session(): Session | undefined {
    return this.#session?.isOpen() ? this.#session : undefined
  }

  get database(): Database {
    return this.#database
  }

  /** Whether the database is reached in another way than the session that is open. */
  get isOutdated(): boolean {
    return this.#isOutdated
  }

  get ageSeconds(): number {
    return this.#session === undefined ? 0 : (performance.now() - this.#session.openedAt) / 1000
  }

  /** The database may be reached in another way now: then the next session does so. Answers whether it is so. */
  update(database: Database): boolean {
    const isOther = !isDeepStrictEqual(database.connection, this.#database.connection)
    this.#database = database
    this.#isOutdated ||= isOther
    // It was another connection's.
    if (isOther) this.#password = undefined
    return isOther
  }

  /** The file that the password is read from, if it is. */
  get passwordFile(): string | undefined {
    return fileOf(this.#database.connection.password)
  }

  /** Waits until a session may be open; an outdated one ends, whose place may be another role's. */
  async takePlace(): Promise<void> {
    if (this.#isOutdated) await this.leave()
    this.#isOutdated = false
    const { connection } = this.#database
    // A command that hangs must not keep a place that others wait for, and one whose password is refused need not run.
    const isWanted = this.session === undefined && !(await this.#credentials.isRefused(connection))
    if (isWanted && connection === this.#database.connection) this.#password = readPassword(connection)
    await this.#password?.catch(() => {})
    this.#release ??= await this.#acquire(this.#database.connection.user)
  }

  /** Ends the session and gives its place to others. */
  async leave(): Promise<void> {
    await this.close()
    this.#release?.()
    this.#release = undefined
  }

  /** Opens a session where there is none. */
  async open(): Promise<{ readonly session: Session; readonly isNew: boolean }> {
    const kept = this.session
    if (kept !== undefined) return { session: kept, isNew: false }
    const { connection } = this.#database
    const password = this.#password
    this.#password = undefined
    const session = await this.#credentials.attempt(connection, () => openSession(connection, password))
    this.#session = session
    return { session, isNew: true }
  }

  /** Ends the session, and whatever it still runs. */
  async close(): Promise<void> {
    await this.#session?.close()
    this.#session = undefined
  }
}
