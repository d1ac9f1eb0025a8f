import { isDeepStrictEqual } from 'node:util'
import { readPassword } from '../server/password.ts'
import type { Connection } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import type { ConnectionLimiter } from './connection-limiter.ts'

/** The one session with a database that may be open, and the permit that it takes. */
export class HeldConnection {
  readonly #limiter: ConnectionLimiter
  #release: (() => void) | undefined
  #session: Session | undefined
  /** How the session was opened. */
  #connection: Connection | undefined

  constructor(limiter: ConnectionLimiter) {
    this.#limiter = limiter
  }

  /** The session while it is open and the database is still to be reached in the same way. */
  sessionTo(connection: Connection): Session | undefined {
    return this.#session?.isOpen() && isDeepStrictEqual(connection, this.#connection) ? this.#session : undefined
  }

  /** Waits for the permit to have a session. A permit of another role is given back first. */
  async permit(connection: Connection): Promise<void> {
    if (this.#connection !== undefined && !isDeepStrictEqual(connection, this.#connection)) await this.leave()
    this.#connection = connection
    this.#release ??= await this.#limiter.acquire(connection.user)
  }

  hold(session: Session): void {
    this.#session = session
  }

  /** Closes the session, keeping the permit. */
  async close(): Promise<void> {
    await this.#session?.close()
    this.#session = undefined
  }

  /** Closes the session and gives the permit back. */
  async leave(): Promise<void> {
    await this.close()
    this.#release?.()
    this.#release = undefined
    this.#connection = undefined
  }
}

/** Equal for connections that one wrong password fails; each line of a password file may hold another one. */
export async function credentialOf(connection: Connection): Promise<string> {
  const { host, port, user, password } = connection
  const isLine = typeof password === 'object' && 'pgpass' in password
  return JSON.stringify([host, port, user, isLine ? await readPassword(connection) : password])
}
