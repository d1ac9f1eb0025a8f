import type { Server } from '../server/server.ts'

/** The part of the page that is requested; all of it where nothing is named. */
export interface Selection {
  readonly server?: string | undefined
  readonly team?: string | undefined
}

/** Whether a series of this server that belongs to these databases is selected; `''` belongs to everybody. */
export type IsSelected = (server: string, datnames: readonly string[]) => boolean

/**
 * Reads a selection; undefined when there is no such server, or no such team with a database there. A team sees the
 * servers where it owns a declared database, and there its own series and those that belong to everybody.
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
