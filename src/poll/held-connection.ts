import { isDeepStrictEqual } from 'node:util'
import { readPassword } from '../server/password.ts'
import type { Connection } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import { StartupOptions } from '../server/startup-options.ts'
import type { ConnectionLimiter } from './connection-limiter.ts'

/** The only session of one database, and its permit. */
export class HeldConnection {
  /** The startup options of the next session. */
  readonly startup = new StartupOptions()
  readonly #limiter: ConnectionLimiter
  #release: (() => void) | undefined
  #session: Session | undefined
  /** The parameters with which the permit was acquired and the session opened. */
  #connection: Connection | undefined

  constructor(limiter: ConnectionLimiter) {
    this.#limiter = limiter
  }

  /** The open session with these connection parameters; undefined if there is none. */
  sessionTo(connection: Connection): Session | undefined {
    return this.#session?.isOpen() && isDeepStrictEqual(connection, this.#connection) ? this.#session : undefined
  }

  /**
   * Waits for the permit to open a session. If the connection parameters have changed, closes the session and releases
   * its permit first.
   */
  async permit(connection: Connection): Promise<void> {
    if (this.#connection !== undefined && !isDeepStrictEqual(connection, this.#connection)) await this.leave()
    this.#connection = connection
    this.#release ??= await this.#limiter.acquire(connection.user)
  }

  hold(session: Session): void {
    this.#session = session
  }

  /** Closes the session and keeps the permit. */
  async close(): Promise<void> {
    await this.#session?.close()
    this.#session = undefined
  }

  /** Closes the session and releases the permit. */
  async leave(): Promise<void> {
    await this.close()
    this.#release?.()
    this.#release = undefined
    this.#connection = undefined
  }
}

/**
 * A key that is equal for connections with the same credential. Each line of a libpq password file can contain a
 * different password.
 */
export async function credentialOf(connection: Connection): Promise<string> {
  const { host, port, user, password } = connection
  const isLine = typeof password === 'object' && 'pgpass' in password
  return JSON.stringify([host, port, user, isLine ? await readPassword(connection) : password])
}
