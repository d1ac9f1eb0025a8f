// The quality of the data and its cost. Rows: state of servers, databases and queries; errors and cost; the process; access between teams.

import { help } from '../catalogue.ts'
import { board, closedRow, row, top } from '../panels/board.ts'
import { above, anyIsCritical, anyWarns, below, upOrDown, words } from '../panels/colours.ts'
import { increasesBy, inDatabase, maxBy, ofExporter, onServer, ratesBy, ratio, type SeriesName } from '../panels/promql.ts'
import { stat } from '../panels/stat.ts'
import { statusHistory } from '../panels/states.ts'
import { table } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { database, server } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import { dataQuality } from './shared-panels.ts'

/** Series of the selected databases and of whole servers, whose `datname` is empty. */
const selected = (metric: SeriesName) => onServer(metric, 'datname=~"$datname|"')
const succeeds = words({ 0: ['failing', 'red'], 1: ['succeeds', 'green'] })
const queryColumns = [
  { label: 'query', title: 'Query' },
  { label: 'datname', title: 'Database', links: ['database'] },
  { label: 'server', title: 'Server', links: ['server'] }
] as const
const slowest = `topk(15, ${onServer('pgvitals_query_duration_seconds')})`
const cycleAge = maxBy(['datname'], `time() - ${onServer('pgvitals_poll_cycle_timestamp_seconds')}`)
const cycleInterval = maxBy(['datname'], onServer('pgvitals_database_poll_interval_seconds'))
/** The columns of both tables of access. */
const access = (metric: 'pg_access_excess' | 'pg_access_missing') => ({
  labels: [
    { label: 'rolname', title: 'Role' },
    { label: 'privilege', title: 'Privilege' },
    { label: 'datname', title: 'Database', links: ['database'] as const },
    { label: 'server', title: 'Server' }
  ],
  columns: [{ title: 'Objects', unit: 'short' as const, expr: `${maxBy(['datname', 'rolname', 'privilege'], inDatabase(metric))} > 0` }],
  sortBy: 'Objects',
  empty: 'None, or no access is declared'
})

export const exporter = board('pgvitals-exporter', {
  question: 'Is the data complete and current, what is missing, and what does polling cost?',
  variables: [...server('many'), database('many')],
  rows: [
    top(
      stat('Servers down', [4, 4], 'short', {
        about: [
          'Servers on which pgvitals cannot reach any database.',
          'Their other metrics are absent.',
          '0.',
          'See the reason in the table of databases.'
        ],
        expr: `sum(${onServer('pg_up')} == bool 0)`,
        steps: anyIsCritical
      }),
      stat('Databases down', [4, 4], 'short', {
        about: [
          'Databases whose last poll cycle failed.',
          'Their other metrics are absent.',
          '0.',
          'See the reason in the table of databases.'
        ],
        expr: `sum(${onServer('pg_database_up')} == bool 0)`,
        steps: anyIsCritical
      }),
      stat('Oldest snapshot', [5, 4], 's', {
        about: [
          'Age of the oldest snapshot on the page.',
          'A snapshot is dropped after three intervals of its query; until then its values look current.',
          'Up to the longest interval, 15 minutes.',
          'See "Snapshot age".'
        ],
        expr: `time() - min(${onServer('pgvitals_snapshot_timestamp_seconds')})`,
        steps: above(2700)
      }),
      stat('Dropped samples', [5, 4], 'short', {
        about: [
          'Samples dropped within the time range: duplicate or invalid, or beyond a limit of rows or samples.',
          'They are missing on all dashboards.',
          '0.',
          'See "Errors and dropped samples" for the reason.'
        ],
        expr: `sum(increase(${onServer('pgvitals_samples_dropped_total')}[$__range])) or vector(0)`,
        steps: anyWarns
      }),
      ...dataQuality,
      statusHistory('Queries by database', [12, 8], {
        about: [
          'Whether the last polls of all queries of a database succeeded; server-wide queries have the name of the server alone.',
          'While one fails, panels are incomplete.',
          'Green.',
          'See the failing queries in the next panel.'
        ],
        expr: `min by (job, instance, server, datname) (${selected('pgvitals_query_success')})`,
        legend: '{{server}} {{datname}}',
        mappings: succeeds,
        steps: below({ critical: 1 }),
        links: ['server']
      }),
      table('Failing queries by database', [12, 8], {
        about: [
          'Queries whose last poll failed.',
          'Their series end after three intervals.',
          'Empty.',
          'Read the error in the log of pgvitals; `pgvitals doctor` prints missing grants.'
        ],
        labels: queryColumns,
        columns: [
          { title: 'State', unit: 'none', expr: `${selected('pgvitals_query_success')} == 0`, mappings: succeeds },
          {
            title: 'Snapshot age',
            unit: 's',
            expr: `time() - ${selected('pgvitals_snapshot_timestamp_seconds')} and ${selected('pgvitals_query_success')} == 0`
          }
        ],
        sortBy: 'Query',
        empty: 'Every query succeeds'
      }),
      table('Databases', [12, 8], {
        about: [
          'Whether the last poll cycle of each database succeeded, and the reason if it did not.',
          'The reason determines who can resolve the failure.',
          'Up.',
          'Resolve the reason.'
        ],
        labels: [
          { label: 'datname', title: 'Database', links: ['database'] },
          { label: 'server', title: 'Server', links: ['server'] },
          { label: 'reason', title: 'Reason' }
        ],
        columns: [
          { title: 'Known', unit: 'none', expr: maxBy(['datname', 'reason'], `${selected('pgvitals_database_state')} == 1`) },
          { title: 'State', unit: 'none', expr: selected('pg_database_up'), mappings: upOrDown }
        ],
        sortBy: 'State',
        isAscending: true,
        hidesFirst: true
      }),
      table('Missing capabilities', [12, 8], {
        about: [
          'Capabilities that the role of a database lacks.',
          'Metrics that need them are absent, not 0.',
          'Empty with pg_monitor.',
          'Run `pgvitals doctor`, which prints the missing grants.'
        ],
        labels: [
          { label: 'capability', title: 'Capability' },
          { label: 'datname', title: 'Database', links: ['database'] },
          { label: 'server', title: 'Server' }
        ],
        columns: [
          { title: 'State', unit: 'none', expr: `${selected('pgvitals_capability')} == 0`, mappings: words({ 0: ['missing', 'orange'] }) }
        ],
        sortBy: 'Capability',
        empty: 'No capability is missing'
      }),
      timeseries('Snapshot age', [8, 8], 's', {
        about: [
          'Age of the oldest snapshot of each server.',
          'Values on the dashboards can be this old.',
          'A sawtooth up to the longest interval, 15 minutes.',
          'See the slowest queries.'
        ],
        expr: maxBy([], `time() - ${onServer('pgvitals_snapshot_timestamp_seconds')}`),
        legend: '{{server}}',
        links: ['server']
      }),
      timeseries('Time since the last poll cycle', [8, 8], 'none', {
        about: [
          'Time since the end of the last poll cycle of a database that is up, as a multiple of its interval; the highest five.',
          'A database whose poll cycle hangs or waits has outdated metrics, although it is up.',
          'Up to 1.5.',
          'Read the runbook of PgvitalsPollOverdue.'
        ],
        expr: `topk(5, ${ratio(cycleAge, cycleInterval)})`,
        legend: '{{datname}} on {{server}}',
        steps: above(thresholds.pollOverdueIntervals),
        links: ['database']
      }),
      timeseries('Poll interval', [8, 8], 's', {
        about: [
          'Longest interval between poll cycles of a database, per server.',
          'It grows with the number of databases; the window of a rate must span four intervals.',
          'Up to 15 seconds.',
          'Switch off slow queries, or give them a longer interval.'
        ],
        expr: maxBy([], onServer('pgvitals_database_poll_interval_seconds')),
        legend: '{{server}}',
        steps: above(thresholds.pollIntervalSeconds),
        links: ['server']
      })
    ),
    row(
      'Errors and cost',
      timeseries('Errors and dropped samples', [8, 8], 'short', {
        about: [
          'Failed connection attempts and polls by class of error, and dropped samples by reason, in five minutes.',
          'The data they would have provided is missing on all dashboards.',
          'None.',
          'Read the log of pgvitals.'
        ],
        lines: [
          { expr: increasesBy(['class'], onServer('pgvitals_errors_total'), '[5m]'), legend: '{{class}}' },
          { expr: increasesBy(['reason'], onServer('pgvitals_samples_dropped_total'), '[5m]'), legend: 'dropped: {{reason}}' }
        ],
        links: ['server'],
        empty: 'No errors'
      }),
      timeseries('Poll time', [8, 8], 'short', {
        about: [
          'Seconds per second that pgvitals waits for query results, by server.',
          'This is most of the load that monitoring adds to the server.',
          'A few hundredths.',
          'See the slowest queries in the next panel.'
        ],
        expr: ratesBy([], onServer('pgvitals_poll_seconds_total')),
        legend: '{{server}}',
        links: ['server']
      }),
      table('Slowest queries', [8, 8], {
        about: [
          'Duration and rows of the last poll of each query, slowest first.',
          'Slow queries cause most of the load on the server.',
          'Milliseconds.',
          'Set a longer interval for the query in pgvitals.yaml.'
        ],
        labels: queryColumns,
        columns: [
          { title: 'Duration', unit: 's', expr: slowest },
          { title: 'Rows', unit: 'short', expr: `${onServer('pgvitals_query_rows')} and ${slowest}` }
        ],
        sortBy: 'Duration'
      }),
      timeseries('Open sessions', [8, 8], 'short', {
        about: [
          help('pgvitals_sessions_open'),
          'They count towards the connections of the server.',
          'A few, never more than the configured limit.',
          'Check the connection limit in the configuration.'
        ],
        expr: onServer('pgvitals_sessions_open'),
        legend: '{{server}}',
        links: ['serverConnections']
      }),
      timeseries('Samples per scrape', [8, 8], 'short', {
        about: [
          'Samples that Prometheus stores per scrape.',
          'New tables and statements increase it.',
          'Level.',
          'Lower `top` of a query or switch the query off in pgvitals.yaml.'
        ],
        expr: ofExporter('scrape_samples_post_metric_relabeling'),
        legend: '{{instance}}',
        steps: above(thresholds.samples.most),
        links: ['exporter']
      }),
      timeseries('Scrape duration', [8, 8], 's', {
        about: [
          'Duration of a scrape.',
          'A scrape never reaches a database: only the size of the page and the CPU matter.',
          'Milliseconds.',
          'See the CPU usage below.'
        ],
        expr: ofExporter('scrape_duration_seconds'),
        legend: '{{instance}}',
        steps: above(thresholds.scrapeSeconds),
        links: ['exporter']
      })
    ),
    closedRow(
      'Process',
      stat('Version', [8, 4], 'none', {
        about: [help('pgvitals_build_info'), 'A new version can explain changed behaviour.', 'The latest release.', 'Read the CHANGELOG.'],
        expr: ofExporter('pgvitals_build_info'),
        legend: 'pgvitals {{version}}, Node.js {{node}}',
        showsName: true
      }),
      stat('Uptime', [8, 4], 's', {
        about: [
          'Time since pgvitals was started.',
          'The counters of statements start at 0 with the process.',
          'Days.',
          'If it is short, read the log.'
        ],
        expr: `time() - ${ofExporter('process_start_time_seconds')}`,
        legend: '{{instance}}'
      }),
      stat('Configuration', [8, 4], 'none', {
        about: [
          help('pgvitals_config_reload_success'),
          'After a failed reload, pgvitals keeps the previous configuration.',
          'Loaded.',
          'Read the errors in the log of pgvitals.'
        ],
        expr: ofExporter('pgvitals_config_reload_success'),
        legend: '{{instance}}',
        steps: below({ critical: 1 }),
        mappings: words({ 0: ['rejected', 'red'], 1: ['loaded', 'green'] }),
        empty: 'Never reloaded'
      }),
      timeseries('Pages in flight', [8, 7], 'short', {
        about: [
          help('pgvitals_http_pages_in_flight'),
          'Slow clients and many scrapers increase it. Above 512, requests are rejected.',
          '0 or 1.',
          'Check the number of scrapers and the network.'
        ],
        expr: ofExporter('pgvitals_http_pages_in_flight'),
        legend: '{{instance}}',
        links: ['exporter']
      }),
      timeseries('Rejected requests and failed logins', [16, 7], 'short', {
        about: [
          'Rejected HTTP requests by reason, and requests with a wrong token or password, in five minutes.',
          'The metrics of a rejected scraper have gaps.',
          'None.',
          'Compare the addresses in the log of pgvitals with those of the scrapers.'
        ],
        lines: [
          { expr: `increase(${ofExporter('pgvitals_http_requests_rejected_total')}[5m])`, legend: '{{instance}} {{reason}}' },
          { expr: `increase(${ofExporter('pgvitals_http_auth_failures_total')}[5m])`, legend: '{{instance}} failed logins' }
        ],
        links: ['exporter'],
        empty: 'None'
      }),
      timeseries('CPU', [8, 7], 'short', {
        about: [
          'CPU seconds per second.',
          'Close to 1, polls and scrapes are delayed.',
          'A few hundredths.',
          'Check the samples per scrape.'
        ],
        expr: `rate(${ofExporter('process_cpu_seconds_total')}[$__rate_interval])`,
        legend: '{{instance}}',
        links: ['exporter']
      }),
      timeseries('Memory', [8, 7], 'bytes', {
        about: ['Resident memory.', 'Continuous growth indicates a leak.', 'Level after an hour.', 'Check the samples per scrape.'],
        expr: ofExporter('process_resident_memory_bytes'),
        legend: '{{instance}}',
        links: ['exporter']
      }),
      timeseries('Event loop lag', [8, 7], 's', {
        about: ['Event loop lag, 99th percentile.', 'Polls and scrapes are delayed by this time.', 'Below 50 ms.', 'Check the CPU usage.'],
        expr: ofExporter('nodejs_eventloop_lag_p99_seconds'),
        legend: '{{instance}}',
        steps: above(thresholds.eventLoopLagSeconds),
        links: ['exporter']
      })
    ),
    closedRow(
      'Access between teams',
      table('Undeclared access', [12, 8], {
        about: [
          'Privileges that a role has and that the configuration does not declare.',
          'A role can read or change the data of another team.',
          'Empty.',
          'Revoke the privilege, or declare it in pgvitals.yaml.'
        ],
        ...access('pg_access_excess')
      }),
      table('Missing declared access', [12, 8], {
        about: [
          'Privileges that the configuration declares and that a role lacks.',
          'Applications that use the role fail.',
          'Empty.',
          'Grant the privilege.'
        ],
        ...access('pg_access_missing')
      })
    )
  ]
})
