import { ClassedError } from '../server/error-class.ts'
import { backOffSeconds } from './schedule.ts'

/** One credential as one database uses it. */
export interface CredentialUse {
  /** Equal where one wrong password fails all. */
  readonly credential: string
  readonly database: string
  /** The file that holds the password, if one does. */
  readonly file: string | undefined
}

/** A rejected login that still holds: nothing is tried before `retryAt`. */
export interface AuthFailure {
  readonly message: string
  readonly retryAt: number
}

interface Recorded extends AuthFailure, CredentialUse {
  /** How often in a row. */
  readonly failures: number
}

/**
 * The rejected logins of one server, and the only back-off for them. Databases that share a rejected credential wait
 * together and one of them tries it again: one attempt for each database would lock the account. Times are milliseconds
 * of one clock.
 */
export class AuthFailures {
  readonly #failures = new Map<string, Recorded>()
  /** Databases that rejected a credential which then worked elsewhere: their failures are their own. */
  readonly #separate = new Set<string>()
  readonly #attempts = new Map<string, Promise<unknown>>()

  /** The failure that still holds for this use. */
  current(use: CredentialUse, now: number): AuthFailure | undefined {
    const failures = [this.#failures.get(keyOf(use)), this.#failures.get(use.credential)]
    return failures.find((failure) => failure !== undefined && now < failure.retryAt)
  }

  /** The attempt of another database with the same credential; who waits for it need not try a wrong password. */
  attempt(use: CredentialUse): Promise<unknown> | undefined {
    return this.#attempts.get(use.credential)
  }

  started(use: CredentialUse, attempt: Promise<unknown>): void {
    this.#attempts.set(use.credential, attempt)
    const end = () => {
      if (this.#attempts.get(use.credential) === attempt) this.#attempts.delete(use.credential)
    }
    attempt.then(end, end)
  }

  /** A login was rejected. */
  failed(use: CredentialUse, error: unknown, message: string, now: number): void {
    // Only after a password was requested is the credential itself wrong; pg_hba.conf may reject one database alone.
    const isOfCredential = error instanceof ClassedError && !this.#separate.has(keyOf(use))
    const key = isOfCredential ? use.credential : keyOf(use)
    const failures = (this.#failures.get(key)?.failures ?? 0) + 1
    this.#failures.set(key, { ...use, message, failures, retryAt: now + backOffSeconds(failures) * 1000 })
  }

  /** A login succeeded. Returns whether the credential had been rejected, so that other databases may try it now. */
  succeeded(use: CredentialUse): boolean {
    const failure = this.#failures.get(use.credential)
    if (failure !== undefined && failure.database !== use.database) this.#separate.add(keyOf({ ...use, database: failure.database }))
    this.#separate.delete(keyOf(use))
    this.#failures.delete(keyOf(use))
    return this.#failures.delete(use.credential)
  }

  /** Credentials may have changed: all of them, or those read from one of these files. */
  forget(files: readonly string[] | undefined): void {
    for (const [key, { file }] of this.#failures) {
      if (files === undefined || (file !== undefined && files.includes(file))) this.#failures.delete(key)
    }
  }
}

function keyOf({ credential, database }: CredentialUse): string {
  return `${credential}\n${database}`
}
