import { perDatabase, perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

const { longQuerySeconds, latency, queryLatency, rollback, trafficDrop } = thresholds

const mean = 'datname:pg_statements_seconds:mean15m'
const queryMean = 'query:pg_statements_seconds:mean30m'

/** Dumps run for hours, and are meant to. */
export const withoutDumps = `unless on (${perServer}) sum by (${perServer}) (pg_backup_sessions{kind=~"pg_dump|pg_dumpall"}) > 0`

const oldest = `max by (${perDatabase}, usename) (pg_stat_activity_oldest_query_seconds)`

export const queries: readonly Alert[] = [
  {
    name: 'PostgresLongRunningQuery',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      { severity: 'warning', expression: `${oldest} > ${longQuerySeconds.warning} ${withoutDumps}`, for: '2m' },
      { severity: 'critical', expression: `${oldest} > ${longQuerySeconds.critical}`, for: '2m' }
    ],
    summary:
      'A statement of {{ $labels.usename }} in {{ $labels.datname }} on {{ $labels.server }} has run for {{ $value | humanizeDuration }}',
    description:
      'It holds locks, keeps vacuum from removing dead rows and takes a connection. See what it is and whether anybody waits for it.'
  },
  {
    name: 'PostgresLatencyRegression',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [
      {
        severity: 'warning',
        expression: `${mean} > ${latency.timesUsual} * avg_over_time(${mean}[7d] offset 1h)
and ${mean} > ${latency.leastSeconds}
and datname:pg_statements_calls:rate15m > ${latency.leastCallsPerSecond}`,
        for: '20m'
      }
    ],
    summary:
      'Statements in {{ $labels.datname }} on {{ $labels.server }} take {{ $value | humanizeDuration }} on average, twice as long as usual',
    description: 'Compared with the mean of the last 7 days. Look for a statement with a new plan, locks, or a disk that became slow.'
  },
  {
    name: 'PostgresQueryRegression',
    scope: 'database',
    dashboard: 'pgvitals-query',
    variables: ['queryid'],
    tiers: [
      {
        severity: 'warning',
        expression: `${queryMean} > ${queryLatency.timesUsual} * (${queryMean} offset 1d)
and ${queryMean} > ${queryLatency.leastSeconds}
and query:pg_statements_seconds:rate30m > ${queryLatency.leastLoad}`,
        for: '30m'
      }
    ],
    summary:
      'Statement {{ $labels.queryid }} in {{ $labels.datname }} on {{ $labels.server }} takes {{ $value | humanizeDuration }}, three times as long as yesterday',
    description: 'And it runs often enough to matter. Most likely its plan changed: look at statistics, indexes and the size of its tables.'
  },
  {
    name: 'PostgresRollbackRatioHigh',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [
      {
        severity: 'warning',
        expression: `datname:pg_xact_rollback:ratio_rate5m > ${rollback.ratio} and datname:pg_xact:rate5m > ${rollback.leastTransactionsPerSecond}`,
        for: '15m'
      }
    ],
    summary: 'Database {{ $labels.datname }} on {{ $labels.server }} rolls {{ $value | humanizePercentage }} of its transactions back',
    description: 'Statements fail, or an application rolls back on purpose. The server log or the application log has the errors.'
  },
  {
    name: 'PostgresTrafficDrop',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [
      {
        severity: 'warning',
        expression: `datname:pg_xact:rate5m < ${trafficDrop.ofUsualRatio} * (datname:pg_xact:rate5m offset 1w)
and datname:pg_xact:rate5m offset 1w > ${trafficDrop.leastTransactionsPerSecond}`,
        for: '15m'
      }
    ],
    summary:
      'Database {{ $labels.datname }} on {{ $labels.server }} has {{ $value | humanize }} transactions per second, under a fifth of a week ago',
    description: 'Its applications may not reach it, or be down themselves. A holiday looks the same.'
  }
]
