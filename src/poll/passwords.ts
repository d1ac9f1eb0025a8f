import { readPassword } from '../server/password.ts'
import type { Connection } from '../server/server.ts'

/** The time for which the output of a command is used. Tokens of cloud providers are valid for 15 minutes. */
const keptMs = 300_000

interface Kept {
  readonly readAt: number
  readonly password: Promise<string | undefined>
}

/**
 * Reads the passwords of one server. The output of a command is used again for five minutes, because most sessions last
 * one poll cycle. Times are in milliseconds of one clock.
 */
export class Passwords {
  readonly #kept = new Map<string, Kept>()

  /** Reads the password of a connection, as `readPassword` does. Connections with an equal `credential` have the same password. */
  read(connection: Connection, credential: string, now: number): Promise<string | undefined> {
    const { password } = connection
    if (typeof password !== 'object' || !('command' in password)) return readPassword(connection)
    for (const [key, { readAt }] of this.#kept) if (now - readAt >= keptMs) this.#kept.delete(key)
    const known = this.#kept.get(credential)
    if (known !== undefined) return known.password
    const read = { readAt: now, password: readPassword(connection) }
    this.#kept.set(credential, read)
    read.password.catch(() => this.forget(credential))
    return read.password
  }

  /** Reads a rejected password again at the next login. */
  forget(credential: string): void {
    this.#kept.delete(credential)
  }
}
