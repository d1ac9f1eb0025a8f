import type { Facts, Identity } from '../server/facts.ts'
import type { Failure } from './snapshots.ts'

/** What the last poll cycle found out about a database. Never changed, only replaced. */
export interface DatabaseState {
  readonly name: string
  readonly isUp: boolean
  /** The last facts and identity, kept while the database is down. */
  readonly facts: Facts | undefined
  readonly identity: Identity | undefined
  /** Expiry time of the server certificate seen by the last session, as a Unix timestamp; undefined without TLS. */
  readonly certificateExpiry: number | undefined
  /** Why the last poll cycle could not connect; undefined when it could. */
  readonly failure: Failure | undefined
  /** Whether no connection was tried because the server has no free ones left. */
  readonly isDeferred: boolean
  /** How many poll cycles in a row could not connect. */
  readonly failures: number
}

/** Before the first poll cycle. */
export function unpolled(name: string): DatabaseState {
  return {
    name,
    isUp: false,
    facts: undefined,
    identity: undefined,
    certificateExpiry: undefined,
    failure: undefined,
    isDeferred: false,
    failures: 0
  }
}

/** Whether a connection was tried, so that it is known whether the database is up. */
export function wasTried({ isUp, failure, isDeferred }: DatabaseState): boolean {
  return isUp || (failure !== undefined && !isDeferred)
}
