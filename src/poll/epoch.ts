import type { Session } from '../server/session.ts'
import type { DatabaseState } from './database-state.ts'

/**
 * Changes when another running server answers, or with other rights: then what counters say is no movement.
 * Without a known identity it changes with every session.
 */
export function epochOf({ openedAt }: Session, { identity, facts }: DatabaseState): string {
  const server = identity === undefined ? openedAt : `${identity.systemIdentifier} ${identity.startTime}`
  // Another role sees other rows as its own, so that what it sees for the first time is not new.
  return `${server} ${facts?.role} ${[...(facts?.capabilities ?? [])].join(' ')}`
}
