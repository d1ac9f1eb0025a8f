import type { Server } from '../server/server.ts'

/** Which part of the page is asked for; all of it where nothing is named. */
export interface Selection {
  readonly server?: string | undefined
  readonly team?: string | undefined
}

/** Whether a series of this server that belongs to these databases (`''` is everybody's) is in the part that is asked for. */
export type Shows = (server: string, datnames: readonly string[]) => boolean

/**
 * Reads a selection; undefined when there is no such server, or no such team with a database there. A team is
 * shown the servers where a database is declared as its own, and of those what is everybody's and its own.
 */
export function readSelection({ server, team }: Selection, servers: readonly Server[]): Shows | undefined {
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
