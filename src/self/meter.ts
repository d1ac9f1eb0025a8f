import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

/** The exporter's metrics about itself. */
export interface Meter {
  readonly failed: (labels: { server: string; datname: string; class: string }) => void
  /** Counts samples that are missing on the page, by reason. */
  readonly dropped: (labels: { server: string; datname: string; query: string }, samples: Readonly<Record<string, number>>) => void
  readonly sessionOpened: (labels: { server: string; datname: string }) => void
  readonly polled: (labels: { server: string; datname: string }, seconds: number) => void
  /** Deletes the counters of a server, or of one of its databases. */
  readonly forget: (removed: { server: string; datname?: string }) => Promise<void>
  /** Records whether a configuration was accepted or rejected. */
  readonly configured: (isAccepted: boolean) => void
  /** The exporter's metrics. */
  readonly samples: () => Promise<readonly OwnSample[]>
  /** The metrics of the process at this moment, in Prometheus's text format. */
  readonly processText: () => Promise<string>
}

/** One sample of the exporter's metrics. */
export interface OwnSample {
  readonly family: { readonly name: string; readonly type: 'counter' | 'gauge'; readonly help: string }
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Creates the metrics in separate registries: one for the exporter, one for the process. */
export function createMeter(version: string): Meter {
  const own = new Registry()
  const process = new Registry()
  // At its default of 10 ms the event-loop monitor alone would use half of the exporter's CPU.
  collectDefaultMetrics({ register: process, eventLoopMonitoringPrecision: 20 })
  // These gauges have the suffix of counters and are of no use to operators.
  for (const name of ['handles', 'requests', 'resources']) process.removeSingleMetric(`nodejs_active_${name}_total`)
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers: [own] })
  const errors = counter('pgvitals_errors_total', 'Failed connections and polls, by error class.', ['server', 'datname', 'class'])
  const dropped = counter(
    'pgvitals_samples_dropped_total',
    'Samples missing on the page, by reason: duplicate; illegal (not a number or not a metric name); rows (beyond the row limit; a row counts with all its value columns); budget (beyond the sample limit of the database).',
    ['server', 'datname', 'query', 'reason']
  )
  const sessions = counter('pgvitals_sessions_opened_total', 'Sessions opened.', ['server', 'datname'])
  const polls = counter('pgvitals_polls_total', 'Polls, including failed ones.', ['server', 'datname'])
  const seconds = counter('pgvitals_poll_seconds_total', 'Time spent in polls, in seconds.', ['server', 'datname'])
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [own] })
  const reloadSuccess = gauge(
    'pgvitals_config_reload_success',
    'Whether the last reload of the configuration succeeded; 0 while the previous configuration is kept.'
  )
  const reloadTime = gauge('pgvitals_config_reload_timestamp_seconds', 'Time of the last accepted configuration, as a Unix timestamp.')
  const build = new Gauge({
    name: 'pgvitals_build_info',
    help: 'Version of pgvitals and of Node.js.',
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
    dropped: (labels, samples) => {
      for (const [reason, count] of Object.entries(samples)) if (count > 0) dropped.inc({ ...labels, reason }, count)
    },
    sessionOpened: (labels) => sessions.inc(labels),
    polled: (labels, duration) => {
      polls.inc(labels)
      seconds.inc(labels, duration)
    },
    forget: async ({ server, datname }) => {
      for (const one of [errors, dropped, sessions, polls, seconds]) await forget(one, server, datname)
    },
    samples: () => samplesOf(own),
    processText: () => process.metrics()
  }
}

async function samplesOf(registry: Registry): Promise<readonly OwnSample[]> {
  const metrics = await registry.getMetricsAsJSON()
  return metrics.flatMap(({ name, help, type, values }) => {
    const family = { name, help, type: String(type) === 'counter' ? 'counter' : 'gauge' } as const
    return values.map(({ labels, value }) => ({ family, labels: labels as Readonly<Record<string, string>>, value }))
  })
}

async function forget(counter: Counter, server: string, datname: string | undefined): Promise<void> {
  for (const { labels } of (await counter.get()).values) {
    if (labels.server === server && (datname === undefined || labels.datname === datname)) counter.remove(labels)
  }
}
