import type { Listed } from '../server/discover.ts'
import type { Facts, Identity } from '../server/facts.ts'
import type { Limits } from '../server/limits.ts'
import type { Discovery } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import type { CredentialUse } from './auth-failures.ts'
import type { Failure } from './snapshots.ts'

/** What a poll cycle has to read in addition to the facts of the database. */
export interface Wanted {
  readonly identity: boolean
  readonly limits: boolean
  readonly discovery: Discovery | undefined
}

/** What a poll cycle found out when it connected. */
export type Found = Connected | ConnectFailed | Deferred

export interface Connected {
  readonly kind: 'connected'
  readonly session: Session
  readonly isNew: boolean
  readonly facts: Facts
  /** Undefined where it was not read or the role may not read it. */
  readonly identity: Identity | undefined
  /** Undefined where they were not read; an undefined value where they cannot be read. */
  readonly limits: { readonly value: Limits | undefined } | undefined
  /** All databases of the server, or why they could not be listed; undefined where they were not. */
  readonly listed: readonly Listed[] | { readonly message: string } | undefined
  /** Whether the credential had been rejected before. */
  readonly wasRejected: boolean
  /** What connecting and reading facts took. */
  readonly seconds: number
}

export interface ConnectFailed {
  readonly kind: 'failed'
  readonly failure: Failure
  readonly credential: CredentialUse | undefined
}

/** No connection was tried: the last free ones are left to others. */
export interface Deferred {
  readonly kind: 'deferred'
}
