// The composition root: one poller and one poll loop for each server, and the page. The file is long because it connects
// everything that a reload, a scrape and a poll change.

import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { type Clock, systemClock } from './clock.ts'
import { QueryLines } from './page/health.ts'
import { type PageState, type RenderedPage, renderPageInSteps } from './page/page.ts'
import { readPageState, rememberDuplicates, revisionOf, serversOf } from './page/page-state.ts'
import { type Page, Pages } from './page/pages.ts'
import { createProcessSampler, type ProcessMetrics } from './page/process-sampler.ts'
import { keyOf, readSelection, type Selection } from './page/selection.ts'
import { readStatus, type Status } from './page/status.ts'
import { UnixTime } from './page/unix-time.ts'
import { DiskPoller } from './poll/disk-poller.ts'
import { PollLoop } from './poll/poll-loop.ts'
import { Scrapers } from './poll/scrapers.ts'
import { ServerPoller } from './poll/server-poller.ts'
import type { Snapshot } from './poll/snapshots.ts'
import type { Query } from './query/query.ts'
import { runInSlices, type Work } from './run-in-slices.ts'
import { createMeter, type HttpMeter, type ShardNumber } from './self/meter.ts'
import type { Server } from './server/server.ts'

export interface ExporterOptions {
  readonly version: string
  readonly servers: readonly Server[]
  readonly queries: readonly Query[]
  readonly log: Logger
  readonly clock?: Clock
  readonly sessionMaxAgeSeconds?: number
  readonly discoverySeconds?: number
  /** The fraction of a core that poll cycles may use on a server if sessions cannot be kept. */
  readonly pollCostShare?: number
}

/** The exporter: polls all servers and renders the page. */
export interface Exporter {
  readonly servers: () => readonly ServerPoller[]
  readonly snapshots: () => readonly Snapshot[]
  /** Starts polling. */
  readonly start: () => void
  /** Polls everything once. */
  readonly pollOnce: () => Promise<void>
  readonly stop: () => Promise<void>
  /**
   * Applies a new configuration of servers and queries. Servers and databases that did not change are not affected. With many
   * servers, the rest is applied in the next turns of the event loop, unless another update follows.
   */
  readonly update: (servers: readonly Server[], queries?: readonly Query[]) => void
  /** Records whether a configuration was accepted or rejected. */
  readonly configured: (isAccepted: boolean) => void
  /** Exports the shard of this process: its number and the number of shards. */
  readonly sharded: (shard: ShardNumber | undefined) => void
  /** Retries rejected credentials immediately: all of them, or those read from one of these files. */
  readonly retryCredentials: (files?: readonly string[]) => void
  /** Records that a client has received the page or a part of it, with the state of the time `builtAt`, requested at `requestedAt`. */
  readonly scraped: (client: string, selection?: Selection, builtAt?: number, requestedAt?: number) => void
  /** Whether every planned query has been polled once. */
  readonly isReady: () => boolean
  /** The status of everything, or of the databases of these teams. */
  readonly status: (teams?: ReadonlySet<string>) => Status
  /** The metrics of the HTTP server that serves the page. */
  readonly http: HttpMeter
  /** The page, or a part of it without the metrics of the process; undefined if the server or team is unknown. */
  readonly metrics: (selection?: Selection) => Promise<Page | undefined>
}

/** The number of servers that are started in one turn of the event loop. Their first connections use about 1 ms each. */
const startsPerTurn = 10

interface Polled {
  readonly poller: ServerPoller
  readonly loop: PollLoop
  disk: DiskPoller | undefined
  isStarted: boolean
}

/** Creates the exporter from servers, pollers and the page. Nothing is polled before `start` or `pollOnce`. */
export function createExporter({ version, servers, queries: initialQueries, log, clock = systemClock, ...own }: ExporterOptions): Exporter {
  const options = { sessionMaxAgeSeconds: 1800, discoverySeconds: 60, pollCostShare: 0.02, ...own }
  const meter = createMeter(version)
  const scrapers = new Scrapers()
  const pages = new Pages({
    revisionOf: (selection) => revisionOf(serversOf(selection, polled)),
    readProcess: createProcessSampler(meter.processText),
    render,
    nextScrape: (page, now) => scrapers.nextScrape(now, page),
    clock
  })
  const lines = new QueryLines()
  const duplicatesAmong = rememberDuplicates()
  const unixTime = new UnixTime()
  const warned = new Set<string>()
  let queries = initialQueries
  let isStarted = false
  /** The number of updates. An update cancels what remains of the previous one. */
  let updates = 0
  let renderFailure: string | undefined
  let polled: readonly Polled[] = servers.map(poll)

  function poll(server: Server): Polled {
    const poller = new ServerPoller(server, { queries, scrapers, log, ...options }, clock.now())
    return { poller, loop: new PollLoop(poller, meter, clock), disk: diskOf(server), isStarted: false }
  }

  function diskOf({ name, dataDirectory }: Server): DiskPoller | undefined {
    return dataDirectory === undefined ? undefined : new DiskPoller(name, dataDirectory, clock, log)
  }

  function start(one: Polled): void {
    if (one.isStarted) return
    one.isStarted = true
    one.loop.start()
    one.disk?.start()
  }

  /** Applies the configuration of each server, and starts those that are new. */
  function* apply(changes: readonly (() => void)[]): Work<void> {
    for (const change of changes) {
      change()
      yield
    }
    for (const [index, one] of isStarted ? polled.entries() : []) {
      start(one)
      // A slice does not measure the first connection of a server, which begins after it in the same turn.
      yield index % startsPerTurn === startsPerTurn - 1 ? 'end of slice' : undefined
    }
    // A page that is built in between contains servers of both configurations.
    pages.invalidate()
  }

  function inSlices(work: Work<void>): void {
    const update = ++updates
    void runInSlices(work, clock, () => update !== updates)
  }

  async function stop({ loop, disk }: Polled): Promise<void> {
    disk?.stop()
    await loop.stop()
  }

  /** Stops a removed server and deletes its counters, unless a new server has the same name. */
  async function remove(removed: Polled): Promise<void> {
    const { name } = removed.poller.server
    await stop(removed)
    if (!polled.some(({ poller }) => poller.server.name === name)) meter.forget({ server: name })
  }

  function change(known: Polled, server: Server): void {
    if (known.poller.isConfigured(server, queries)) return
    if (server.dataDirectory !== known.poller.server.dataDirectory) {
      known.disk?.stop()
      known.disk = diskOf(server)
      if (isStarted) known.disk?.start()
    }
    known.poller.update(server, queries, clock.now())
    known.loop.wake()
  }

  /** Reads the state synchronously and returns the work of rendering it, which does not depend on later changes. */
  function render(selection: Selection, ofProcess: ProcessMetrics, now: number): Work<RenderedPage> | undefined {
    const duplicates = duplicatesAmong(polled)
    for (const names of duplicates.map((group) => group.join(' and '))) {
      if (warned.has(names)) continue
      warned.add(names)
      log.warn(`${names} are the same running server; its server-wide metrics are exported under each name`)
    }
    const names = serversOf(selection, polled).map(({ poller }) => poller.server.name)
    const own = meter.samples(names.length === polled.length ? undefined : names)
    const state = readPageState(selection, polled, { own, now, unixOffsetMs: unixTime.offsetMs(now), duplicates })
    if (state === undefined) return undefined
    return renderWhole(state, selection, ofProcess)
  }

  function* renderWhole(
    state: PageState & { readonly disksFreshUntil: number },
    { server, team }: Selection,
    ofProcess: ProcessMetrics
  ): Work<RenderedPage> {
    const { parts, freshUntil } = yield* renderPageInSteps(state, lines)
    const isWhole = server === undefined && team === undefined
    return {
      parts: isWhole ? [...parts, ofProcess.text] : parts,
      freshUntil: Math.min(freshUntil, state.disksFreshUntil, isWhole ? ofProcess.freshUntil : Number.POSITIVE_INFINITY)
    }
  }

  function isKnown({ server, team }: Selection): boolean {
    if (server === undefined && team === undefined) return true
    const all = polled.map(({ poller }) => poller.server)
    return readSelection({ server, team }, all) !== undefined
  }

  function snapshotsOf(part: readonly Polled[]): readonly Snapshot[] {
    return part.flatMap(({ poller }) => poller.snapshots.all())
  }

  return {
    servers: () => polled.map(({ poller }) => poller),
    snapshots: () => snapshotsOf(polled),
    start: () => {
      isStarted = true
      pages.start()
      inSlices(apply([]))
    },
    pollOnce: async () => {
      await Promise.all(polled.flatMap(({ loop, disk }) => [loop.pollOnce(), disk?.measure()]))
      pages.invalidate()
    },
    stop: async () => {
      updates++
      pages.stop()
      await Promise.all(polled.map(stop))
    },
    update: (nextServers, nextQueries = queries) => {
      // The same array while nothing has changed, so that nothing is planned again.
      if (!isDeepStrictEqual(nextQueries, queries)) queries = nextQueries
      pages.invalidate()
      const previous = new Map(polled.map((one) => [one.poller.server.name, one]))
      polled = nextServers.map((server) => previous.get(server.name) ?? poll(server))
      const kept = new Set(polled)
      for (const one of previous.values()) if (!kept.has(one)) void remove(one)
      inSlices(
        apply(
          nextServers.map((server) => () => {
            const known = previous.get(server.name)
            if (known !== undefined) change(known, server)
          })
        )
      )
    },
    configured: (isAccepted) => {
      meter.configured(isAccepted)
      pages.invalidate()
    },
    sharded: (shard) => {
      meter.sharded(shard)
      pages.invalidate()
    },
    retryCredentials: (files) => {
      for (const { poller, loop } of polled) {
        poller.retryCredentials(files)
        loop.wake()
      }
    },
    scraped: (client, { server, team } = {}, builtAt, requestedAt) => {
      const now = clock.now()
      scrapers.scraped(JSON.stringify([client, team]), server, builtAt ?? now, requestedAt ?? now, keyOf({ server, team }))
      for (const { poller, loop } of polled) {
        if (server !== undefined && poller.server.name !== server) continue
        if (poller.scraped(now)) loop.wake()
      }
      pages.plan()
    },
    isReady: () => polled.every(({ poller }) => poller.isReady),
    status: (teams) => {
      const pollers = polled.map(({ poller }) => poller)
      return readStatus(version, pollers, clock.now(), teams)
    },
    http: meter.http,
    metrics: async (selection = {}) => {
      // Nothing is built or remembered for an unknown server or team.
      if (!isKnown(selection)) return undefined
      try {
        return await pages.get(selection)
      } catch (error) {
        // A bug. The client receives an error; the log has the stack, once for equal errors.
        const { message, stack } = error as Error
        if (message !== renderFailure) log.error({ stack }, `cannot render the page: ${message}`)
        renderFailure = message
        throw error
      }
    }
  }
}
