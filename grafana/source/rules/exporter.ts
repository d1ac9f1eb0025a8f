import { jobName, perDatabase, perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import { type Alert, count, critical, database, duration, info, label, server, warning } from './alert.ts'

const { samples } = thresholds

const target = `{job="${jobName}"}`
const pageSamples = `scrape_samples_post_metric_relabeling${target}`
const instance = label('instance')

const ofExporter = { scope: 'exporter', dashboard: 'pgvitals-exporter' } as const

export const exporter: readonly Alert[] = [
  {
    ...ofExporter,
    name: 'PgvitalsQueryFailing',
    scope: 'database',
    tiers: [
      warning('15m', `pgvitals_query_success{datname!=""} == 0 and on (${perDatabase}) pg_database_up == 1`),
      warning('15m', `pgvitals_query_success{datname=""} == 0 and on (${perServer}) pg_up == 1`, 'exporter')
    ],
    summary: `Query ${label('query')} fails on ${server}{{ with $labels.datname }} in {{ . }}{{ end }}`,
    description: 'Its metrics are absent, and alerts that need them cannot fire. The status page of pgvitals shows the error.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsNotPolling',
    tiers: [
      critical(
        '5m',
        `sum by (${perServer}) (rate(pgvitals_polls_total[5m])) == 0 and pg_up == 1
or pgvitals_sessions_open unless on (${perServer}) pgvitals_database_state{reason!="not_polled"} == 1`
      )
    ],
    summary: `pgvitals ${instance} has not polled ${server} for five minutes`,
    description: 'It responds to scrapes, but its metrics are out of date and will disappear. Restart it, and keep its log.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsPollIntervalLong',
    // The budgeted interval grows with the number of databases.
    tiers: [
      warning(
        '15m',
        `pgvitals_database_poll_interval_seconds > ${thresholds.pollIntervalSeconds}
and on (${perDatabase}) pgvitals_database_poll_interval_seconds > on (${perServer}) group_left () ${thresholds.pollIntervalRatio} * pgvitals_poll_interval_budgeted_seconds`
      )
    ],
    summary: `pgvitals polls ${database} only every ${duration}`,
    description:
      'This is more than three times the budgeted interval, which allows each poll cycle 30 ms of CPU on the server. Check which queries are slow.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsPollOverdue',
    scope: 'database',
    // The metric is absent for databases that are down or not polled.
    tiers: [
      warning(
        '5m',
        `time() - pgvitals_poll_cycle_timestamp_seconds > ${thresholds.pollOverdueIntervals} * pgvitals_database_poll_interval_seconds`
      )
    ],
    summary: `pgvitals has not polled ${database} for ${duration}`,
    description:
      'A poll cycle hangs or waits for a permit, although the database counts as up. Its metrics are out of date and disappear after three intervals.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsBlindSpot',
    scope: 'database',
    // On hosted servers, EXECUTE on functions that pg_monitor lacks cannot be granted; doctor and the log report them.
    tiers: [
      info('1h', 'pgvitals_capability{datname!="", capability!~"pg_ls_.*"} == 0'),
      info('1h', 'pgvitals_capability{datname=""} == 0', 'instance')
    ],
    summary: `pgvitals lacks ${label('capability')} on ${server}{{ with $labels.datname }} in {{ . }}{{ end }}`,
    description:
      'The metrics that need it are absent or no longer change, and alerts based on them cannot fire. "pgvitals doctor" prints the fix.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsScrapeSlow',
    tiers: [warning('10m', `scrape_duration_seconds${target} > ${thresholds.scrapeSeconds}`)],
    summary: `A scrape of pgvitals ${instance} takes ${duration}`,
    description:
      'Prometheus discards scrapes that exceed its timeout. A scrape does not reach PostgreSQL: check the host, the network and the size of the page.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsSeriesBudget',
    tiers: [
      warning(
        '30m',
        `${pageSamples} > ${samples.most} or ${pageSamples} > ${samples.growth} * (${pageSamples} offset 1d) and ${pageSamples} > ${samples.leastForGrowth}`
      )
    ],
    summary: `The page of pgvitals ${instance} has ${count} samples`,
    description: 'More than one process is designed for, or twice as many as a day ago. Check which query or database returns most rows.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsSamplesDropped',
    tiers: [
      warning(
        '15m',
        `sum by (${perDatabase}, query, reason) (increase(pgvitals_samples_dropped_total{reason=~"budget|bytes|duplicate|illegal"}[2h])) > 0`
      )
    ],
    summary: `Samples of query ${label('query')} on ${server} are dropped: ${label('reason')}`,
    description:
      'They exceed the sample limit (budget) or byte limit (bytes) of a database, repeat a label set (duplicate), or have an invalid value or label (illegal).'
  },
  {
    ...ofExporter,
    name: 'PgvitalsTextCut',
    scope: 'database',
    tiers: [
      info('15m', `sum by (${perDatabase}, query) (increase(pgvitals_text_bytes_cut_total{datname!=""}[2h])) > 0`),
      info('15m', `sum by (${perServer}, query) (increase(pgvitals_text_bytes_cut_total{datname=""}[2h])) > 0`, 'exporter')
    ],
    summary: `Labels of query ${label('query')} on ${server}{{ with $labels.datname }} in {{ . }}{{ end }} are cut`,
    description:
      'They are longer than 1 kB. The metrics are complete, but the labels end with a hash. Such values rarely identify anything: select a shorter text.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsCrashLoop',
    tiers: [warning('0m', `changes(process_start_time_seconds${target}[1h]) > ${thresholds.restartsInAnHour}`)],
    summary: `pgvitals ${instance} restarted {{ $value }} times within an hour`,
    description: 'It crashes, or it is killed because it exceeds its memory limit. Check its last log lines.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsEventLoopLag',
    tiers: [warning('10m', `nodejs_eventloop_lag_p99_seconds${target} > ${thresholds.eventLoopLagSeconds}`)],
    summary: `The event loop of pgvitals ${instance} lags by ${duration}`,
    description: 'Polls and scrapes start late, which distorts rates. The process has too little CPU or too many series.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsShardMissing',
    tiers: [
      critical(
        '10m',
        `count by (job) (count by (job, shard) (pgvitals_shards)) < on (job) max by (job) (pgvitals_shards)
or max by (job) (pgvitals_shards) != on (job) min by (job) (pgvitals_shards)`
      )
    ],
    summary: 'A shard of pgvitals is missing, or the numbers of shards differ',
    description:
      'Some servers are not monitored, or are polled twice. Check whether every shard runs with the same number of shards and is a target of Prometheus.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsLoginsFailing',
    tiers: [warning('10m', `rate(pgvitals_http_auth_failures_total[5m]) > ${thresholds.failedLoginsPerSecond}`)],
    summary: `Clients fail to log in to pgvitals ${instance}`,
    description:
      'A scraper has an outdated token or password and receives no metrics, or a client guesses tokens or passwords. Compare the addresses in the log of pgvitals with those of the scrapers.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsRequestsRejected',
    tiers: [warning('10m', 'rate(pgvitals_http_requests_rejected_total[5m]) > 0')],
    summary: `pgvitals ${instance} rejects requests: ${label('reason')}`,
    description:
      'Too many pages are in flight (busy), an address has tried too many new logins or rate_limit is exceeded (rate), or the host name of the request is not allowed (host). The metrics of rejected scrapers have gaps.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsReloadFailed',
    tiers: [warning('5m', 'pgvitals_config_reload_success == 0')],
    summary: `pgvitals ${instance} rejected its new configuration`,
    description: 'It keeps the previous configuration and would not start with the new one. Its log lists every error.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsDiscoveryFailing',
    tiers: [warning('15m', 'pgvitals_discovery_success == 0')],
    summary: `pgvitals cannot list the databases of ${server}`,
    description: 'New databases are not polled. Known databases still are.'
  },
  {
    ...ofExporter,
    name: 'PgvitalsServerAmbiguous',
    tiers: [warning('15m', 'pgvitals_server_identities > 1')],
    summary: `{{ $value }} different servers respond under the name ${server}`,
    description: 'A pooler or reader endpoint mixes the metrics of several servers in the same series. Connect to each server directly.'
  },
  {
    name: 'PostgresStatementsEvicted',
    scope: 'instance',
    dashboard: 'pgvitals-queries',
    tiers: [info('1h', 'increase(pg_stat_statements_dealloc_total[6h]) > 0')],
    summary: `pg_stat_statements of ${server} evicts statements`,
    description: 'There are more distinct statements than pg_stat_statements.max, so the list of the most expensive ones is incomplete.'
  },
  {
    name: 'PgvitalsWatchdog',
    scope: 'exporter',
    dashboard: 'pgvitals-alerts',
    tiers: [info('0m', 'vector(1)')],
    summary: 'Prometheus and Alertmanager work',
    description: 'Always fires. Route it to a service that notifies you when it stops firing.'
  }
]
