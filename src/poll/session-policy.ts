import type { Database, Server } from '../server/server.ts'
import type { ConnectionLimiter } from './connection-limiter.ts'

/** The properties of a server that determine which sessions stay open between poll cycles. */
export interface SessionNeeds {
  readonly server: Server
  /** All databases that are polled, the declared ones first. */
  readonly databases: readonly Database[]
  /** The database whose session reads the limits and the list of databases of the server. */
  readonly leader: string | undefined
  /** The databases in which server-wide queries run. */
  readonly hosts: readonly string[]
  /** The databases that count statements and whose server has no known identity: a new session would be a new baseline. */
  readonly unidentified: ReadonlySet<string>
  readonly limiter: ConnectionLimiter
}

/**
 * The database whose session reads the limits and the list of databases of the server: the first declared database
 * that is up, or the first one if none is.
 */
export function leaderOf({ databases }: Server, isUp: (name: string) => boolean): string | undefined {
  return (databases.find(({ name }) => isUp(name)) ?? databases[0])?.name
}

/**
 * The databases that keep their session between poll cycles: the leader, those with `keep_sessions`, and those that count
 * statements within one session only. An open session blocks `drop database`, `alter database … rename` and
 * `create database … template`.
 */
export function keptSessions(needs: SessionNeeds): ReadonlySet<string> {
  const keepable = keepableSessions(needs)
  const kept = needs.server.databases.filter(
    ({ name, keepsSession }) => keepable.has(name) && (keepsSession === true || name === needs.leader || needs.unidentified.has(name))
  )
  return new Set(kept.map(({ name }) => name))
}

/**
 * The databases that may keep their session: all declared ones if the limits allow it, otherwise those that server-wide
 * queries need, with one permit left for the cycles of the others. Only the intervals of the others depend on the cost of
 * their cycles. A discovered database never keeps its session.
 */
export function keepableSessions({ server, databases, leader, hosts, limiter }: Omit<SessionNeeds, 'unidentified'>): ReadonlySet<string> {
  const ofRole = new Map<string, number>()
  for (const { connection } of databases) ofRole.set(connection.user, (ofRole.get(connection.user) ?? 0) + 1)
  const needed = [...new Set([leader, ...hosts])]
  const kept = server.databases.filter(({ name, connection: { user } }) => {
    const permits = limiter.sessionsOf(user)
    const fitsAll = databases.length <= limiter.sessions && (ofRole.get(user) ?? 0) <= permits
    return limiter.mayKeep(name) && (fitsAll || needed.slice(0, Math.max(limiter.isTight ? 1 : 0, permits - 1)).includes(name))
  })
  return new Set(kept.map(({ name }) => name))
}
