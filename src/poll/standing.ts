import type { Database, Server } from '../server/server.ts'
import type { DatabaseState } from './database-state.ts'
import type { Room } from './room.ts'

/** How the databases of one server stand to each other. */
export interface Standing {
  readonly server: Server
  /** All that are visited, the declared ones first. */
  readonly databases: readonly Database[]
  readonly states: readonly DatabaseState[]
  /** Where server-wide queries run. */
  readonly hosts: readonly string[]
  readonly room: Room
}

/** The database whose session tells of the server: the main one, or while it is down the next that is declared and up. */
export function leaderOf({ server, states }: Standing): string | undefined {
  const isUp = ({ name }: Database) => states.some((state) => state.name === name && state.isUp)
  return (server.databases.find(isUp) ?? server.databases[0])?.name
}

/**
 * The databases whose session is kept between visits: all of them where there is room for all, otherwise those
 * that server-wide queries need, with a place left for the visits to the others. One that was discovered
 * comes and goes, and a session held there would keep its owner from dropping or renaming it.
 */
export function keptSessions(standing: Standing): ReadonlySet<string> {
  const { server, databases, hosts, room } = standing
  const ofRole = new Map<string, number>()
  for (const { connection } of databases) ofRole.set(connection.user, (ofRole.get(connection.user) ?? 0) + 1)
  const needed = [...new Set([leaderOf(standing), ...hosts])]
  const kept = server.databases.filter(({ name, connection: { user } }) => {
    const places = room.placesOf(user)
    const isRoomForAll = databases.length <= room.places && (ofRole.get(user) ?? 0) <= places
    return room.mayKeep(name) && (isRoomForAll || needed.slice(0, Math.max(room.isTight ? 1 : 0, places - 1)).includes(name))
  })
  return new Set(kept.map(({ name }) => name))
}

/** Whether a database is not visited, since the server's last connections are not ours to take. */
export function isRefused(name: string, standing: Standing): boolean {
  return standing.room.isTight && name !== leaderOf(standing)
}
