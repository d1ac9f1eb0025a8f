import { wallClock } from '../clock.ts'
import type { Sample } from '../metric/sample.ts'
import type { ValueKind } from '../query/query.ts'
import { type EventLoopLag, measureEventLoopLag } from './event-loop-lag.ts'
import { createOwnFamily } from './own-family.ts'
import { createProcessMetrics } from './process-metrics.ts'

/** The number of a shard, and the number of all shards. */
export interface ShardNumber {
  readonly index: number
  readonly count: number
}

/** The metrics of the HTTP server. */
export interface HttpMeter {
  readonly authFailed: () => void
  readonly rejected: (reason: 'busy' | 'rate' | 'host') => void
  /** Records the number of pages that are being prepared or sent. */
  readonly pagesInFlight: (count: number) => void
}

/** The exporter's metrics about itself. */
export interface Meter {
  readonly failed: (labels: { server: string; datname: string; class: string }) => void
  /** Counts samples that are missing on the page, by reason. */
  readonly dropped: (labels: { server: string; datname: string; query: string }, samples: Readonly<Record<string, number>>) => void
  /** Counts bytes that were cut from long labels. */
  readonly textCut: (labels: { server: string; datname: string; query: string }, bytes: number) => void
  readonly sessionOpened: (labels: { server: string; datname: string }) => void
  readonly polled: (labels: { server: string; datname: string }, seconds: number) => void
  /** Measures the lag of the event loop until the result of a poll is processed. */
  readonly during: EventLoopLag['during']
  /** Deletes the counters of a server, or of one of its databases. */
  readonly forget: (removed: { server: string; datname?: string }) => void
  /** Records whether a configuration was accepted or rejected. */
  readonly configured: (isAccepted: boolean) => void
  /** Records the shard of this process; undefined if it polls all servers. */
  readonly sharded: (shard: ShardNumber | undefined) => void
  readonly http: HttpMeter
  /** The exporter's metrics, without those of other servers if servers are given. */
  readonly samples: (servers?: readonly string[]) => readonly Sample[]
  /** The metrics of the process at this moment, in Prometheus's text format. */
  readonly processText: () => Promise<string>
}

/** Creates the metrics of the exporter and of its process, and starts to measure the lag of the event loop. */
export function createMeter(version: string): Meter {
  const own = (type: ValueKind) => (name: string, help: string) => createOwnFamily({ name, type, help })
  const [counter, gauge] = [own('counter'), own('gauge')]
  const errors = counter('pgvitals_errors_total', 'Failed connections and polls, by error class.')
  const dropped = counter(
    'pgvitals_samples_dropped_total',
    'Samples missing on the page, by reason: duplicate; illegal (not a number or not a metric name); rows (beyond the row limit; a row counts with all its value columns); budget (beyond the sample limit of the database); bytes (beyond 500 bytes per sample of that limit).'
  )
  const textCut = counter('pgvitals_text_bytes_cut_total', 'Bytes cut from labels longer than 1 kB.')
  const sessions = counter('pgvitals_sessions_opened_total', 'Sessions opened.')
  const polls = counter('pgvitals_polls_total', 'Polls, including failed ones.')
  const seconds = counter('pgvitals_poll_seconds_total', 'Time spent in polls, in seconds.')
  const reloadSuccess = gauge(
    'pgvitals_config_reload_success',
    'Whether the last reload of the configuration succeeded; 0 while the previous configuration is kept.'
  )
  const reloadTime = gauge('pgvitals_config_reload_timestamp_seconds', 'Time of the last accepted configuration, as a Unix timestamp.')
  const build = gauge('pgvitals_build_info', 'Version of pgvitals and of Node.js.')
  build.set({ version, node: process.version }, 1)
  const shards = gauge(
    'pgvitals_shards',
    'Number of shards (PGVITALS_SHARD). The label shard is the number of the shard that this process polls. Absent without shards.'
  )
  const authFailures = counter('pgvitals_http_auth_failures_total', 'Requests with an invalid token or password.')
  const pagesInFlight = gauge('pgvitals_http_pages_in_flight', 'Pages that are being prepared or sent.')
  const rejected = counter(
    'pgvitals_http_requests_rejected_total',
    'Rejected requests, by reason: busy (too many pages in flight, requests, connections or password checks); rate (too many new logins from the address, or too many requests for rate_limit); host (the name in the Host header is not allowed).'
  )
  authFailures.add({}, 0)
  pagesInFlight.set({}, 0)
  for (const reason of ['busy', 'rate', 'host']) rejected.add({ reason }, 0)
  const perDatabase = [errors, dropped, textCut, sessions, polls, seconds]
  const families = [...perDatabase, reloadSuccess, reloadTime, build, shards, authFailures, pagesInFlight, rejected]
  const lag = measureEventLoopLag()
  const processMetrics = createProcessMetrics(lag)
  const configured = (isAccepted: boolean) => {
    reloadSuccess.set({}, isAccepted ? 1 : 0)
    if (isAccepted) reloadTime.set({}, wallClock.now() / 1000)
  }
  configured(true)
  return {
    configured,
    sharded: (shard) => {
      shards.clear()
      if (shard !== undefined) shards.set({ shard: String(shard.index) }, shard.count)
    },
    failed: (labels) => errors.add(labels, 1),
    dropped: (labels, samples) => {
      for (const [reason, count] of Object.entries(samples)) if (count > 0) dropped.add({ ...labels, reason }, count)
    },
    textCut: (labels, bytes) => {
      if (bytes > 0) textCut.add(labels, bytes)
    },
    sessionOpened: (labels) => {
      lag.working()
      sessions.add(labels, 1)
    },
    during: lag.during,
    polled: (labels, duration) => {
      polls.add(labels, 1)
      seconds.add(labels, duration)
    },
    forget: (removed) => {
      for (const family of perDatabase) family.forget(removed)
    },
    http: {
      authFailed: () => authFailures.add({}, 1),
      rejected: (reason) => rejected.add({ reason }, 1),
      pagesInFlight: (count) => pagesInFlight.set({}, count)
    },
    samples: (servers) => {
      lag.working()
      return families.flatMap((family) => family.samples(servers))
    },
    processText: processMetrics
  }
}
