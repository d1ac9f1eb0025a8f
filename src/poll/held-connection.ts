import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../clock.ts'
import { readPassword } from '../server/password.ts'
import type { Connection } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import { StartupOptions } from '../server/startup-options.ts'
import { type ConnectionLimiter, type Permit, type PermitUse, usedPermit } from './connection-limiter.ts'
import type { SessionEnd } from './server-poller.ts'

/** The only session of one database, and its permit. */
export class HeldConnection {
  /** The startup options of the next session. */
  readonly startup = new StartupOptions()
  readonly #limiter: ConnectionLimiter
  readonly #clock: Clock
  #permit: Permit | undefined
  #use: PermitUse | undefined
  /** The time since which the current cycle has held the permit; undefined between cycles. */
  #since: number | undefined
  #session: Session | undefined
  /** The parameters with which the permit was acquired and the session opened. */
  #connection: Connection | undefined

  constructor(limiter: ConnectionLimiter, clock: Clock) {
    this.#limiter = limiter
    this.#clock = clock
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
    this.#permit ??= await this.#limiter.acquire(connection.user, this.#use, this.#clock.now())
    this.#since ??= this.#clock.now()
  }

  hold(session: Session): void {
    this.#session = session
  }

  /** Ends a cycle: keeps the session, closes it for a new one, or closes it and releases its permit. */
  async endCycle(end: SessionEnd): Promise<void> {
    if (end === 'close') return await this.leave()
    this.#rest()
    if (end === 'replace') await this.close()
  }

  /** Closes the session and keeps the permit. */
  async close(): Promise<void> {
    await this.#session?.close()
    this.#session = undefined
  }

  /** Closes the session and releases the permit. */
  async leave(): Promise<void> {
    await this.close()
    this.#rest()
    this.#permit?.release(this.#clock.now())
    this.#permit = undefined
    this.#connection = undefined
  }

  #rest(): void {
    const now = this.#clock.now()
    if (this.#since !== undefined) this.#use = usedPermit(this.#use, this.#since, now)
    this.#since = undefined
    this.#permit?.rest(now)
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
