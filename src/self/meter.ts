import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

/** Counts what the exporter itself does. */
export interface Meter {
  readonly failed: (labels: { server: string; datname: string; class: string }) => void
  readonly dropped: (labels: { server: string; datname: string; query: string; reason: string }, samples: number) => void
  readonly connected: (labels: { server: string; datname: string }) => void
  readonly polled: (labels: { server: string; datname: string }, seconds: number) => void
  /** Drops what is counted of a server, or of one of its databases. */
  readonly forget: (gone: { server: string; datname?: string }) => Promise<void>
  /** A configuration was read: it holds now, or was refused. */
  readonly configured: (isAccepted: boolean) => void
  /** Everything in Prometheus's text format, or what is counted of a part of the servers and databases. */
  readonly text: (shows?: (server: string, datnames: readonly string[]) => boolean) => Promise<string>
}

/** Makes the exporter's own metrics, in registries of their own. */
export function createMeter(version: string): Meter {
  const own = new Registry()
  const process = new Registry()
  // At its default of 10 ms this clock alone would be half of the exporter's CPU.
  collectDefaultMetrics({ register: process, eventLoopMonitoringPrecision: 20 })
  // Gauges that are called totals, and nothing that an operator would look at.
  for (const name of ['handles', 'requests', 'resources']) process.removeSingleMetric(`nodejs_active_${name}_total`)
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers: [own] })
  const errors = counter('pgvitals_errors_total', 'Failed connects and polls, by class of error.', ['server', 'datname', 'class'])
  const dropped = counter(
    'pgvitals_samples_dropped_total',
    'Samples that are missing on the page: duplicate, illegal, of rows beyond the row limit (rows), which count with all their value columns, or beyond what one database may have (budget).',
    ['server', 'datname', 'query', 'reason']
  )
  const connects = counter('pgvitals_connects_total', 'Sessions opened.', ['server', 'datname'])
  const polls = counter('pgvitals_polls_total', 'Polls made, failed ones included.', ['server', 'datname'])
  const seconds = counter('pgvitals_poll_seconds_total', 'Time spent waiting for answers of PostgreSQL.', ['server', 'datname'])
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [own] })
  const reloadSuccess = gauge(
    'pgvitals_config_reload_success',
    'Whether the configuration as it stands was accepted; 0 when an older one goes on.'
  )
  const reloadTime = gauge('pgvitals_config_reload_timestamp_seconds', 'When the configuration was last accepted, in seconds since 1970.')
  const build = new Gauge({
    name: 'pgvitals_build_info',
    help: 'The running version of pgvitals and of Node.js.',
    labelNames: ['version', 'node'],
    registers: [own]
  })
  build.set({ version, node: globalThis.process.version }, 1)
  const configured = (isAccepted: boolean) => {
    reloadSuccess.set(isAccepted ? 1 : 0)
    if (isAccepted) reloadTime.setToCurrentTime()
  }
  configured(true)
  return {
    configured,
    failed: (labels) => errors.inc(labels),
    dropped: (labels, samples) => dropped.inc(labels, samples),
    connected: (labels) => connects.inc(labels),
    polled: (labels, duration) => {
      polls.inc(labels)
      seconds.inc(labels, duration)
    },
    forget: async ({ server, datname }) => {
      for (const one of [errors, dropped, connects, polls, seconds]) await forget(one, server, datname)
    },
    text: async (shows) => (shows === undefined ? (await own.metrics()) + (await process.metrics()) : await partOf(own, shows))
  }
}

/** The lines that are shown, families without any left out; what is of no server is everybody's. */
async function partOf(registry: Registry, shows: (server: string, datnames: readonly string[]) => boolean): Promise<string> {
  const selected = new Registry()
  for (const { name, help, type, values } of await registry.getMetricsAsJSON()) {
    const own = values.filter(({ labels: { server, datname = '' } }) => server === undefined || shows(String(server), [String(datname)]))
    if (own.length === 0) continue
    const configuration = { name, help, labelNames: Object.keys(own[0]?.labels ?? {}), registers: [selected] }
    const part = String(type) === 'counter' ? new Counter(configuration) : new Gauge(configuration)
    for (const { labels, value } of own) part.inc(labels, value)
  }
  return await selected.metrics()
}

async function forget(counter: Counter, server: string, datname: string | undefined): Promise<void> {
  for (const { labels } of (await counter.get()).values) {
    if (labels.server === server && (datname === undefined || labels.datname === datname)) counter.remove(labels)
  }
}
