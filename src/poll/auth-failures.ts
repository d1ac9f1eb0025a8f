import { ClassedError } from '../server/error-class.ts'
import { backOffSeconds } from './schedule.ts'

/** A credential and a database that uses it. */
export interface CredentialUse {
  /** Equal for all databases that share the credential, so that one wrong password fails all of them. */
  readonly credential: string
  readonly database: string
  /** The file from which the password is read, if any. */
  readonly file: string | undefined
}

/** A rejected login. No further login is attempted before `retryAt`. */
export interface AuthFailure {
  readonly message: string
  readonly retryAt: number
}

interface Recorded extends AuthFailure, CredentialUse {
  /** The number of consecutive failures. */
  readonly failures: number
}

/**
 * The rejected logins of one server, and their only back-off. Databases that share a rejected credential share one
 * back-off, after which one of them attempts a login: one attempt per database could lock the account. Times are in
 * milliseconds of one clock.
 */
export class AuthFailures {
  readonly #failures = new Map<string, Recorded>()
  /** Databases that rejected a credential which another database accepted: their failures do not affect other databases. */
  readonly #separate = new Set<string>()
  readonly #attempts = new Map<string, Promise<unknown>>()

  /** The failure whose back-off has not ended; undefined if a login may be attempted. */
  current(use: CredentialUse, now: number): AuthFailure | undefined {
    const failures = [this.#failures.get(keyOf(use)), this.#failures.get(use.credential)]
    return failures.find((failure) => failure !== undefined && now < failure.retryAt)
  }

  /** The login in progress with the same credential, if any. Waiting for it avoids sending a wrong password twice. */
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

  /** Records a rejected login. */
  failed(use: CredentialUse, error: unknown, message: string, now: number): void {
    // The credential itself is wrong only if a password was requested: pg_hba.conf can reject a single database.
    const isOfCredential = error instanceof ClassedError && !this.#separate.has(keyOf(use))
    const key = isOfCredential ? use.credential : keyOf(use)
    const failures = (this.#failures.get(key)?.failures ?? 0) + 1
    this.#failures.set(key, { ...use, message, failures, retryAt: now + backOffSeconds(failures) * 1000 })
  }

  /** Records a successful login. Returns whether the credential had been rejected; other databases can then use it again. */
  succeeded(use: CredentialUse): boolean {
    const failure = this.#failures.get(use.credential)
    if (failure !== undefined && failure.database !== use.database) this.#separate.add(keyOf({ ...use, database: failure.database }))
    this.#separate.delete(keyOf(use))
    this.#failures.delete(keyOf(use))
    return this.#failures.delete(use.credential)
  }

  /** Ends the back-off of credentials that may have changed: all of them, or those read from one of these files. */
  forget(files: readonly string[] | undefined): void {
    for (const [key, { file }] of this.#failures) {
      if (files === undefined || (file !== undefined && files.includes(file))) this.#failures.delete(key)
    }
  }
}

function keyOf({ credential, database }: CredentialUse): string {
  return `${credential}\n${database}`
}
