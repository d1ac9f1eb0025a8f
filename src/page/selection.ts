import type { Server } from '../server/server.ts'

/** The requested part of the page; the whole page if neither server nor team is given. */
export interface Selection {
  readonly server?: string | undefined
  readonly team?: string | undefined
}

/** Whether a series of this server that belongs to these databases is selected. `''` belongs to all teams. */
export type IsSelected = (server: string, datnames: readonly string[]) => boolean

/** The databases of each team by server. Servers are immutable. */
const teams = new WeakMap<Server, ReadonlyMap<string, ReadonlySet<string>>>()

/** The declared databases of a server that a team owns; undefined if it owns none. */
export function ownedBy(server: Server, team: string): ReadonlySet<string> | undefined {
  const known = teams.get(server) ?? databasesByTeam(server)
  teams.set(server, known)
  return known.get(team)
}

function databasesByTeam({ databases }: Server): ReadonlyMap<string, ReadonlySet<string>> {
  const byTeam = new Map<string, Set<string>>()
  for (const { name, team } of databases) if (team !== '') byTeam.set(team, (byTeam.get(team) ?? new Set()).add(name))
  return byTeam
}

/** Whether a selection contains series of a server. */
export function includesServer({ server, team }: Selection, one: Server): boolean {
  return (server === undefined || one.name === server) && (team === undefined || ownedBy(one, team) !== undefined)
}

/** Identifies a selection. */
export function keyOf({ server, team }: Selection): string {
  return JSON.stringify([server, team])
}

/**
 * Reads a selection; undefined if the server is unknown, or if the team owns no declared database there. The part of a
 * team contains the servers on which it owns a declared database, with the series of its databases and the series that
 * belong to all teams.
 */
export function readSelection(selection: Selection, servers: readonly Server[]): IsSelected | undefined {
  const { team } = selection
  const chosen = servers.filter((one) => includesServer(selection, one))
  if (chosen.length === 0) return undefined
  const byName = new Map(chosen.map((one) => [one.name, team === undefined ? undefined : ownedBy(one, team)]))
  if (team === undefined) return (name) => byName.has(name)
  return (name, datnames) => byName.has(name) && datnames.some((datname) => datname === '' || byName.get(name)?.has(datname))
}
