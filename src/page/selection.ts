import type { Server } from '../server/server.ts'

/** The requested part of the page; the whole page if neither server nor team is given. */
export interface Selection {
  readonly server?: string | undefined
  readonly team?: string | undefined
}

/** Whether a series of this server that belongs to these databases is selected. `''` belongs to all teams. */
export type IsSelected = (server: string, datnames: readonly string[]) => boolean

/**
 * Reads a selection; undefined if the server is unknown, or if the team owns no declared database there. The part of a
 * team contains the servers on which it owns a declared database, with the series of its databases and the series that
 * belong to all teams.
 */
export function readSelection({ server, team }: Selection, servers: readonly Server[]): IsSelected | undefined {
  const chosen = servers.filter(({ name }) => server === undefined || name === server)
  const owned = new Map(
    chosen.map(({ name, databases }) => [name, new Set(databases.filter((one) => one.team === team).map((one) => one.name))])
  )
  if (team === undefined) return chosen.length === 0 ? undefined : (name) => owned.has(name)
  const isOwner = team !== '' && [...owned.values()].some((names) => names.size > 0)
  if (!isOwner) return undefined
  return (name, datnames) => {
    const names = owned.get(name)
    return names !== undefined && names.size > 0 && datnames.some((datname) => datname === '' || names.has(datname))
  }
}
