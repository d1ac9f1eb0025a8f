import { readLimits } from '../server/limits.ts'
import type { Database, Server } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import type { Finder } from './finder.ts'
import type { Room } from './room.ts'
import type { Failure } from './snapshots.ts'

/** What is learned of a server in a visit to one of its databases. */
export interface Errand {
  readonly server: Server
  readonly database: Database
  /** Undefined when the visit could not begin. */
  readonly session: Session | undefined
  /** Why it could not. */
  readonly failure: Failure | undefined
  readonly isNew: boolean
  /** Whether this database's session tells of the server. */
  readonly isLeader: boolean
  /** The databases where a session of ours is open. */
  readonly open: () => readonly Database[]
}

/** Learns how many sessions there may be and which databases there are. Answers whether the latter may be others. */
export async function runErrands(
  { server, database, session, failure, isNew, isLeader, open }: Errand,
  room: Room,
  finder: Finder
): Promise<boolean> {
  if (session === undefined) {
    if (failure?.errorClass === 'network') room.unanswered()
    if (isLeader && server.discovery !== undefined) finder.fail(server.name, `${database.name} cannot be visited`)
    return false
  }
  if (isNew || isLeader) {
    const limits = await readLimits(session).catch((error) => {
      if (!session.isOpen()) throw error
      return undefined
    })
    room.learn(database, limits, open())
  }
  return isLeader && (await finder.look(server, session))
}
