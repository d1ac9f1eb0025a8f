import { fileOf } from '../server/credential.ts'
import { ClassedError } from '../server/error-class.ts'
import { readPassword } from '../server/password.ts'
import type { Connection } from '../server/server.ts'
import { slowSeconds } from './back-off.ts'

/** The failure of another database with the same credential, taken over without a try. */
export class TakenOver extends ClassedError {}

interface Refusal {
  readonly database: string
  readonly message: string
  /** How often in a row. */
  readonly times: number
  readonly until: number
  readonly file: string | undefined
}

/** How long a database waits for the outcome of another one's try with the same credential. */
const patienceMs = 3000

/**
 * Which credentials of one server were refused. All databases that have a refused one wait together, and one
 * of them tries it again, ever more rarely: with a try for each, a wrong password would lock its account.
 */
export class Credentials {
  readonly #accepted: () => void
  readonly #refusals = new Map<string, Refusal>()
  readonly #trying = new Map<string, Promise<void>>()
  /** Databases that were refused a credential which then was good in another one: the next refusal is theirs alone. */
  readonly #apart = new Set<string>()

  /** `accepted` hears when a credential that was refused is good again. */
  constructor(accepted: () => void) {
    this.#accepted = accepted
  }

  /** Whether an attempt would be in vain now. */
  async isRefused(connection: Connection): Promise<boolean> {
    return this.#holding(await keyOf(connection)) !== undefined
  }

  /** Opens a session, unless another database has just been refused the same credential. */
  async attempt<Result>(connection: Connection, open: () => Promise<Result>): Promise<Result> {
    const key = await keyOf(connection)
    const other = this.#trying.get(key)
    if (other !== undefined) await Promise.race([other, new Promise((resolve) => setTimeout(resolve, patienceMs).unref())])
    const refusal = this.#holding(key)
    if (refusal !== undefined) throw new TakenOver('auth', refusal.message)
    const opening = open()
    const trying: Promise<void> = opening
      .then(
        () => this.#accept(key, connection),
        (error: unknown) => this.#refuse(key, connection, error)
      )
      .finally(() => {
        if (this.#trying.get(key) === trying) this.#trying.delete(key)
      })
    this.#trying.set(key, trying)
    return await opening
  }

  /** The credentials may be good now, all of them or those that stand in one of these files. */
  forget(files: readonly string[] | undefined): void {
    for (const [key, { file }] of this.#refusals) {
      if (files === undefined || (file !== undefined && files.includes(file))) this.#refusals.delete(key)
    }
  }

  #holding(key: string): Refusal | undefined {
    const refusal = this.#refusals.get(key)
    return refusal !== undefined && performance.now() < refusal.until ? refusal : undefined
  }

  #accept(key: string, { database }: Connection): void {
    const refusal = this.#refusals.get(key)
    this.#refusals.delete(key)
    if (refusal !== undefined) this.#apart.add(`${key} ${refusal.database}`)
    this.#apart.delete(`${key} ${database}`)
    if (refusal !== undefined) this.#accepted()
  }

  #refuse(key: string, { database, password }: Connection, error: unknown): void {
    // A refusal by pg_hba.conf, before any password, is no error of ours and may be of this database alone.
    const isOfCredential = error instanceof ClassedError && error.errorClass === 'auth'
    if (!isOfCredential || this.#apart.has(`${key} ${database}`)) return
    const times = (this.#refusals.get(key)?.times ?? 0) + 1
    const until = performance.now() + slowSeconds(times) * 1000
    this.#refusals.set(key, { database, message: error.message, times, until, file: fileOf(password) })
  }
}

/** Equal for connections that one wrong password makes fail; each line of libpq's file may have another. */
async function keyOf(connection: Connection): Promise<string> {
  const { host, port, user, password } = connection
  const isLine = typeof password === 'object' && 'pgpass' in password
  return JSON.stringify([host, port, user, isLine ? await readPassword(connection) : password])
}
