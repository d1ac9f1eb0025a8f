import type { Facts, Identity } from '../server/facts.ts'
import type { Failure } from './snapshots.ts'

/** What the last visit found. Never changed, only replaced. */
export interface DatabaseState {
  readonly name: string
  /** Whether the configuration says what roles may do in it. */
  readonly declaresAccess: boolean
  readonly isUp: boolean
  /** The last facts and identity, kept while the database is down. */
  readonly facts: Facts | undefined
  readonly identity: Identity | undefined
  /** When the certificate that the last session saw expires, in seconds since 1970; undefined without TLS. */
  readonly certificateExpiry: number | undefined
  /** Why the last visit could not begin; undefined when it could. */
  readonly failure: Failure | undefined
  /** Whether it was not even tried, for want of free connections. */
  readonly isRefused: boolean
  /** How many visits in a row could not begin. */
  readonly failures: number
}

/** Before the first visit; what the configuration says is still to be put in. */
export const unvisited = {
  declaresAccess: false,
  isUp: false,
  facts: undefined,
  identity: undefined,
  certificateExpiry: undefined,
  failure: undefined,
  isRefused: false,
  failures: 0
} as const

/** While it may not be visited. */
export const refused = {
  isUp: false,
  isRefused: true,
  failure: {
    errorClass: 'too_many_connections',
    message: 'not visited: the last free connections of the server are not for monitoring to take'
  }
} as const
