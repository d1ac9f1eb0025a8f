import type { Sample } from '../metric/sample.ts'
import type { DiskPoller } from '../poll/disk-poller.ts'
import type { ServerPoller } from '../poll/server-poller.ts'
import { capacitySamples } from './capacity.ts'
import { duplicatesOf, findDuplicates } from './duplicate-servers.ts'
import type { ServerHealth } from './health.ts'
import type { PageState } from './page.ts'
import { includesServer, ownedBy, readSelection, type Selection } from './selection.ts'

/** One server: its poller, and the measurement of its disk if a data directory is configured. */
export interface PolledServer {
  readonly poller: ServerPoller
  readonly disk: DiskPoller | undefined
}

/** The servers of a selection. */
export function serversOf<One extends PolledServer>(selection: Selection, all: readonly One[]): readonly One[] {
  if (selection.server === undefined && selection.team === undefined) return all
  return all.filter(({ poller }) => includesServer(selection, poller.server))
}

/**
 * The revision of these servers: a text that changes whenever their page may change, except when a value expires. The
 * number of duplicates of a server also depends on other servers; it is updated with the next change of the server.
 */
export function revisionOf(servers: readonly PolledServer[]): string {
  return servers.map(({ poller, disk }) => `${poller.revision}/${poller.openSessions}/${disk?.revision ?? ''}`).join()
}

/**
 * Returns a function that finds the groups of configured servers that are the same running server. They are the same for the
 * pages of all selections, and are searched once for each state.
 */
export function rememberDuplicates(): (servers: readonly PolledServer[]) => readonly (readonly string[])[] {
  let last: { servers: readonly PolledServer[]; revision: number; groups: readonly (readonly string[])[] } | undefined
  return (servers) => {
    const revision = servers.reduce((sum, { poller }) => sum + poller.revision, 0)
    if (last?.servers !== servers || last.revision !== revision) {
      const groups = findDuplicates(servers.map(({ poller: { server, states } }) => ({ server: server.name, states })))
      last = { servers, revision, groups }
    }
    return last.groups
  }
}

/** The part of the state that does not belong to single servers. */
export interface Circumstances extends Pick<PageState, 'own' | 'now' | 'unixOffsetMs'> {
  readonly duplicates: readonly (readonly string[])[]
}

/**
 * Reads the state of a selection, and the time until which disk sizes are fresh; undefined if the server is unknown, or
 * if the team owns no declared database there.
 */
export function readPageState(
  selection: Selection,
  all: readonly PolledServer[],
  { own, now, unixOffsetMs, duplicates }: Circumstances
): (PageState & { readonly disksFreshUntil: number }) | undefined {
  const part = serversOf(selection, all)
  const isInPart = readSelection(
    selection,
    part.map(({ poller }) => poller.server)
  )
  if (isInPart === undefined) return undefined
  const isShownIn = new Map(part.map(({ poller }) => [poller.server.name, poller.isShown]))
  // A snapshot may contain databases that were dropped or excluded after its poll.
  const isShown = rememberDatabases((server, datname) => isShownIn.get(server)?.(datname) === true && isInPart(server, [datname]))
  const databases = new Map(
    part.flatMap(({ poller: { server } }) => {
      const owned = selection.team === undefined ? undefined : ownedBy(server, selection.team)
      return owned === undefined ? [] : [[server.name, owned]]
    })
  )
  return {
    snapshots: part.flatMap(({ poller: { server, snapshots } }) => {
      const owned = databases.get(server.name)
      return owned === undefined ? snapshots.all() : snapshots.about(owned)
    }),
    databases,
    servers: part.map((one) => healthOf(one, { duplicates, now, unixOffsetMs })),
    own: own.filter(isOfCurrent(part)),
    isSelected: (server, datnames) => (datnames.length === 0 ? isInPart(server, []) : datnames.some((datname) => isShown(server, datname))),
    now,
    unixOffsetMs,
    disksFreshUntil: Math.min(...part.map(({ disk }) => disk?.size(now)?.freshUntil ?? Number.POSITIVE_INFINITY))
  }
}

/** Evaluates a condition once for each database: it depends on patterns and lists, and a page consists of thousands of texts. */
function rememberDatabases(isShown: (server: string, datname: string) => boolean): (server: string, datname: string) => boolean {
  const known = new Map<string, Map<string, boolean>>()
  return (server, datname) => {
    const ofServer = known.get(server) ?? new Map<string, boolean>()
    if (ofServer.size === 0) known.set(server, ofServer)
    const isShownThere = ofServer.get(datname) ?? isShown(server, datname)
    ofServer.set(datname, isShownThere)
    return isShownThere
  }
}

/** Whether a counter belongs to a current database. The counters of a removed one are deleted when its last cycle has ended. */
function isOfCurrent(servers: readonly PolledServer[]): (sample: Sample) => boolean {
  const names = new Map(servers.map(({ poller }) => [poller.server.name, new Set(['', ...poller.names])]))
  return ({ labels: { server, datname = '' } }) => server === undefined || names.get(server)?.has(datname) === true
}

function healthOf({ poller, disk }: PolledServer, { duplicates, now, unixOffsetMs }: Omit<Circumstances, 'own'>): ServerHealth {
  const { server, states, closed, plan, openSessions, intervals, cycleEnds, budgetedInterval, isDiscovered } = poller
  return {
    server: server.name,
    teams: new Map(server.databases.map(({ name, team }) => [name, team])),
    states,
    closed,
    plan: plan.all,
    openSessions,
    intervals,
    cycleEnds: new Map([...cycleEnds].map(([name, time]) => [name, Math.round(time + unixOffsetMs) / 1000])),
    budgetedInterval,
    isDiscovered,
    duplicates: duplicatesOf(server.name, duplicates),
    capacity: capacitySamples(server, poller.usedBytes(now), disk?.size(now))
  }
}
