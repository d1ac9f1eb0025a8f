import type { Activities } from '../server/activity.ts'
import type { Listed } from '../server/discover.ts'
import type { Facts, Identity } from '../server/facts.ts'
import type { Limits } from '../server/limits.ts'
import type { Refusals } from '../server/refusals.ts'
import type { Discovery } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import type { CredentialUse } from './auth-failures.ts'
import type { Failure } from './snapshots.ts'

/** The properties that a poll cycle reads in addition to the facts of the database. */
export interface Wanted {
  readonly identity: boolean
  readonly limits: boolean
  readonly discovery: Discovery | undefined
  /** The known refusals of the database. */
  readonly refusals: Refusals
}

/** The result of connecting in a poll cycle. */
export type Found = Connected | ConnectFailed | Deferred

export interface Connected {
  readonly kind: 'connected'
  readonly session: Session
  readonly isNew: boolean
  readonly facts: Facts
  readonly activities: Activities
  /** Undefined if it was not read or the role may not read it. */
  readonly identity: Identity | undefined
  /** Undefined if they were not read. `value` is undefined if the role may not read them. */
  readonly limits: { readonly value: Limits | undefined } | undefined
  /** All databases of the server, or the error if listing them failed; undefined if they were not listed. */
  readonly listed: readonly Listed[] | { readonly message: string } | undefined
  /** The refusals of the database. */
  readonly refusals: Refusals
  /** Whether the credential had been rejected before. */
  readonly wasRejected: boolean
  /** The time spent connecting and reading facts. */
  readonly seconds: number
}

export interface ConnectFailed {
  readonly kind: 'failed'
  readonly failure: Failure
  readonly credential: CredentialUse | undefined
}

/** No connection was attempted: the last free connections of the server are left to others. */
export interface Deferred {
  readonly kind: 'deferred'
}
