import type { Logger } from 'pino'
import type { Query } from '../query/query.ts'
import { createMeter } from '../self/meter.ts'
import type { Server } from '../server/server.ts'
import { capacitySamples } from './capacity.ts'
import type { ServerHealth } from './health.ts'
import { type Answers, joinAnswers, renderPage } from './page.ts'
import { Scrapers } from './scrapers.ts'
import { readSelection, type Selection, type Shows } from './selection.ts'
import { type Snapshot, Snapshots } from './snapshots.ts'
import { findTwins, identitiesOf } from './twins.ts'
import { Watch } from './watch.ts'

export interface ExporterOptions {
  readonly version: string
  readonly servers: readonly Server[]
  readonly queries: readonly Query[]
  readonly log: Logger
  readonly sessionMaxAgeSeconds?: number
  readonly discoverySeconds?: number
  /** The part of a core that visits may cost a server where sessions cannot be kept. */
  readonly visitCostShare?: number
  /** How long at least a limited row that enters or leaves stands still; two minutes by default. */
  readonly shortestStandStillSeconds?: number
}

/** The watches of all servers and the snapshots that they keep. */
export interface Exporter {
  readonly watches: () => readonly Watch[]
  readonly snapshots: () => readonly Snapshot[]
  /** Begins to poll; answers when the first visits have begun. */
  readonly start: () => Promise<void>
  /** Polls everything once. */
  readonly pollOnce: () => Promise<void>
  readonly stop: () => Promise<void>
  /** Goes on with other servers, databases or queries; what did not change is not disturbed. */
  readonly update: (servers: readonly Server[], queries?: readonly Query[]) => void
  /** Hears whether a configuration that was read is in force now. */
  readonly configured: (isAccepted: boolean) => void
  /** Tries at once every database whose credential was refused, or those whose password stands in one of these files. */
  readonly retryCredentials: (files?: readonly string[]) => void
  /** A client at this address has scraped. */
  readonly scraped: (client: string) => void
  /** Whether every query that was chosen has been tried. */
  readonly isReady: () => boolean
  /** The text for Prometheus: everything, or a part without the process's own; undefined when there is no such part. */
  readonly metrics: (selection?: Selection) => Promise<Buffer | undefined>
}

/** Wires watches, snapshots and the exporter's own metrics together; nothing runs before `start` or `pollOnce`. */
export function createExporter({ version, servers, queries: ownQueries, log, ...own }: ExporterOptions): Exporter {
  const options = { sessionMaxAgeSeconds: 1800, discoverySeconds: 60, visitCostShare: 0.02, ...own }
  const snapshots = new Snapshots()
  const meter = createMeter(version)
  const scrapers = new Scrapers(own.shortestStandStillSeconds)
  const standStillSeconds = () => scrapers.standStillSeconds()
  const twins = () => findTwins(watches.map((watch) => ({ server: watch.server.name, identities: identitiesOf(watch.states) })))
  const warned = new Set<string>()
  const warnOfTwins = () => {
    for (const names of twins().map((group) => group.join(' and '))) {
      if (warned.has(names)) continue
      warned.add(names)
      log.warn(`${names} are the same running server; its server-wide metrics are on the page under each name`)
    }
  }
  let queries = ownQueries
  let isRunning = false
  const watchOf = (server: Server) =>
    new Watch(server, { queries, snapshots, standStillSeconds, meter, log, ...options, visited: warnOfTwins })
  let watches: readonly Watch[] = servers.map(watchOf)
  const end = async (watch: Watch) => {
    await watch.stop()
    const { name } = watch.server
    if (watches.some((other) => other.server.name === name)) return
    snapshots.keepOnly(name, [])
    await meter.forget({ server: name })
  }
  const health = (): readonly ServerHealth[] => {
    const groups = twins()
    const now = performance.now()
    return watches.map(({ server, states, rounds, finder, disk }) => ({
      server: server.name,
      teams: new Map(server.databases.map(({ name, team }) => [name, team])),
      states,
      openSessions: rounds.filter(({ hasSession }) => hasSession).length,
      visitIntervals: new Map(rounds.map(({ name, intervalSeconds }) => [name, intervalSeconds])),
      isDiscovered: server.discovery === undefined ? undefined : finder.succeeded,
      twins: Math.max(0, new Set(groups.filter((group) => group.includes(server.name)).flat()).size - 1),
      capacity: capacitySamples(server, snapshots.get({ server: server.name, datname: '', query: 'disk' }), disk?.size(now), now)
    }))
  }
  /** What has been dropped since the last poll is still in its answer. */
  const isShown = (name: string, datname: string) =>
    watches.some(({ server, finder }) => server.name === name && finder.isShown(server, datname))
  const kept = new Map<string, { readonly revision: number; readonly answers: Answers }>()
  /** Joined anew only after a poll has ended or an answer has grown stale. */
  const answersOf = ({ server, team }: Selection, shows: Shows, now: number): Answers => {
    const key = JSON.stringify([server, team])
    const last = kept.get(key)
    if (last !== undefined && last.revision === snapshots.revision && now <= last.answers.freshUntil) return last.answers
    const answers = joinAnswers(snapshots.all(), now, shows)
    kept.set(key, { revision: snapshots.revision, answers })
    return answers
  }
  return {
    watches: () => watches,
    snapshots: () => snapshots.all(),
    start: async () => {
      isRunning = true
      await Promise.all(watches.map((watch) => watch.start()))
    },
    pollOnce: async () => {
      await Promise.all(watches.map((watch) => watch.visitOnce()))
    },
    stop: async () => {
      await Promise.all(watches.map((watch) => watch.stop()))
    },
    update: (newServers, newQueries = queries) => {
      const before = watches
      queries = newQueries
      kept.clear()
      watches = newServers.map((server) => {
        const known = before.find((watch) => watch.server.name === server.name)
        known?.update(server, queries)
        return known ?? watchOf(server)
      })
      for (const watch of before) if (!watches.includes(watch)) void end(watch)
      if (isRunning) for (const watch of watches) if (!before.includes(watch)) void watch.start()
    },
    configured: meter.configured,
    retryCredentials: (files) => {
      for (const watch of watches) watch.retryCredentials(files)
    },
    scraped: (client) => {
      scrapers.seen(client, performance.now())
      for (const watch of watches) watch.scraped(performance.now())
    },
    isReady: () => watches.every((watch) => watch.choices.isReady),
    metrics: async (selection = {}) => {
      const servers = watches.map(({ server }) => server)
      const selected = readSelection(selection, servers)
      if (selected === undefined) return undefined
      const shows: Shows = (server, datnames) => {
        const told = datnames.filter((datname) => isShown(server, datname))
        return (told.length > 0 || datnames.length === 0) && selected(server, told)
      }
      const now = performance.now()
      const own = snapshots.all().filter(({ server, datname }) => shows(server, [datname]))
      const shown = health().filter(({ server }) => shows(server, ['']))
      const page = renderPage(own, shown, answersOf(selection, shows, now), now, shows)
      const isWhole = selection.server === undefined && selection.team === undefined
      return Buffer.concat([page, Buffer.from(await meter.text(isWhole ? undefined : shows))])
    }
  }
}
