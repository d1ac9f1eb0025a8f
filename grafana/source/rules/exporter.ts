import { jobName, perDatabase, perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

const { samples } = thresholds

const target = `{job="${jobName}"}`
const size = `scrape_samples_post_metric_relabeling${target}`

export const exporter: readonly Alert[] = [
  {
    name: 'PgvitalsQueryFailing',
    scope: 'database',
    dashboard: 'pgvitals-exporter',
    tiers: [
      {
        severity: 'warning',
        expression: `pgvitals_query_success{datname!=""} == 0 and on (${perDatabase}) pg_database_up == 1`,
        for: '15m'
      },
      {
        severity: 'warning',
        expression: `pgvitals_query_success{datname=""} == 0 and on (${perServer}) pg_up == 1`,
        for: '15m',
        scope: 'exporter'
      }
    ],
    summary: 'Query {{ $labels.query }} fails on {{ $labels.server }}{{ with $labels.datname }} in {{ . }}{{ end }}',
    description: 'Its metrics are missing, and so are the alerts that need them. The status page of pgvitals has the error.'
  },
  {
    name: 'PgvitalsNotPolling',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [
      {
        severity: 'critical',
        expression: `sum by (${perServer}) (rate(pgvitals_polls_total[5m])) == 0 and pg_up == 1`,
        for: '5m'
      }
    ],
    summary: 'pgvitals {{ $labels.instance }} has asked {{ $labels.server }} nothing for five minutes',
    description: 'It still answers scrapes, but with old numbers and soon with none. Restart it, and keep its log.'
  },
  {
    name: 'PgvitalsVisitsSlow',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [{ severity: 'warning', expression: `pgvitals_visit_interval_seconds > ${thresholds.visitIntervalSeconds}`, for: '15m' }],
    summary: 'pgvitals visits {{ $labels.datname }} on {{ $labels.server }} only every {{ $value | humanizeDuration }}',
    description:
      'Visits would cost the server too much, so there are fewer. Rates over five minutes become coarse. See which queries are slow there.'
  },
  {
    name: 'PgvitalsBlind',
    scope: 'database',
    dashboard: 'pgvitals-exporter',
    tiers: [{ severity: 'info', expression: 'pgvitals_capability == 0', for: '1h' }],
    summary: 'pgvitals lacks {{ $labels.capability }} in {{ $labels.datname }} on {{ $labels.server }}',
    description: 'Some metrics are missing, not zero, and alerts that need them are silent. "pgvitals doctor" prints the grant.'
  },
  {
    name: 'PgvitalsScrapeSlow',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [{ severity: 'warning', expression: `scrape_duration_seconds${target} > ${thresholds.scrapeSeconds}`, for: '10m' }],
    keepFiring: '5m',
    summary: 'A scrape of pgvitals {{ $labels.instance }} takes {{ $value | humanizeDuration }}',
    description:
      'Beyond the scrape timeout nothing arrives. No scrape reaches PostgreSQL, so the host or the network is slow, or the page is huge.'
  },
  {
    name: 'PgvitalsSeriesBudget',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [
      {
        severity: 'warning',
        expression: `${size} > ${samples.most} or ${size} > ${samples.growth} * (${size} offset 1d) and ${size} > ${samples.leastForGrowth}`,
        for: '30m'
      }
    ],
    summary: 'The page of pgvitals {{ $labels.instance }} has {{ $value | humanize }} samples',
    description: 'More than one process is made for, or twice as many as yesterday. See which query or database yields them, and limit it.'
  },
  {
    name: 'PgvitalsSamplesDropped',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [
      {
        severity: 'warning',
        expression: `sum by (${perDatabase}, query, reason) (increase(pgvitals_samples_dropped_total{reason!="rows"}[15m])) > 0`,
        for: '15m'
      }
    ],
    summary: 'Samples of query {{ $labels.query }} on {{ $labels.server }} are dropped: {{ $labels.reason }}',
    description:
      'The page lacks them: beyond the budget of a database, twice there, or no number. Rows that a limit leaves out are meant to be.'
  },
  {
    name: 'PgvitalsCrashLoop',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [
      { severity: 'warning', expression: `changes(process_start_time_seconds${target}[1h]) > ${thresholds.restartsInAnHour}`, for: '0m' }
    ],
    summary: 'pgvitals {{ $labels.instance }} was restarted {{ $value }} times within an hour',
    description: 'It crashes or is killed for want of memory. Its last log lines say why.'
  },
  {
    name: 'PgvitalsEventLoopLag',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [
      { severity: 'warning', expression: `nodejs_eventloop_lag_p99_seconds${target} > ${thresholds.eventLoopLagSeconds}`, for: '10m' }
    ],
    keepFiring: '5m',
    summary: 'pgvitals {{ $labels.instance }} stalls for {{ $value | humanizeDuration }}',
    description: 'Polls and scrapes come late, and rates are bent. It has too little CPU or too many series.'
  },
  {
    name: 'PgvitalsReloadFailed',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [{ severity: 'warning', expression: 'pgvitals_config_reload_success == 0', for: '5m' }],
    summary: 'pgvitals {{ $labels.instance }} refused its new configuration',
    description: 'It goes on with the old one, and will not start with the new one. Its log lists every mistake.'
  },
  {
    name: 'PgvitalsDiscoveryFailing',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [{ severity: 'warning', expression: 'pgvitals_discovery_success == 0', for: '15m' }],
    summary: 'pgvitals cannot look for databases on {{ $labels.server }}',
    description: 'New databases are not monitored. Known ones are.'
  },
  {
    name: 'PgvitalsServerAmbiguous',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [{ severity: 'warning', expression: 'pgvitals_server_identities > 1', for: '15m' }],
    summary: '{{ $value }} different servers answer under the name {{ $labels.server }}',
    description:
      'A pooler or a reader endpoint is in between, so that numbers of different servers are mixed. Connect to each server directly.'
  },
  {
    name: 'PostgresStatementsEvicted',
    scope: 'instance',
    dashboard: 'pgvitals-queries',
    tiers: [{ severity: 'info', expression: 'increase(pg_stat_statements_dealloc_total[1h]) > 0', for: '1h' }],
    summary: 'pg_stat_statements of {{ $labels.server }} throws statements away',
    description: 'There are more different statements than pg_stat_statements.max, so the list of the most expensive ones has gaps.'
  },
  {
    name: 'PgvitalsWatchdog',
    scope: 'exporter',
    dashboard: 'pgvitals-alerts',
    tiers: [{ severity: 'info', expression: 'vector(1)', for: '0m' }],
    summary: 'Prometheus and Alertmanager work',
    description: 'Always fires. Route it to something that calls you when it stops.'
  }
]
