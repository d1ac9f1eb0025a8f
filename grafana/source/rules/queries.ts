import { perDatabase, perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import { type Alert, count, critical, database, duration, label, percent, warning } from './alert.ts'

const { longQuerySeconds, latency, queryLatency, rollback, trafficDrop } = thresholds

const mean = 'datname:pg_statements_seconds:mean15m'
const queryMean = 'query:pg_statements_seconds:mean30m'
const oldest = `max by (${perDatabase}, usename) (pg_stat_activity_oldest_query_seconds)`

/** Suppresses an alert while a dump runs: a dump legitimately takes hours. */
export const withoutDumps = `unless on (${perServer}) sum by (${perServer}) (pg_backup_sessions{kind=~"pg_dump|pg_dumpall"}) > 0`

export const queries: readonly Alert[] = [
  {
    name: 'PostgresLongRunningQuery',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      warning('2m', `${oldest} > ${longQuerySeconds.warning} ${withoutDumps}`),
      critical('2m', `${oldest} > ${longQuerySeconds.critical}`)
    ],
    summary: `A statement of ${label('usename')} in ${database} has been running for ${duration}`,
    description:
      'It holds locks, prevents vacuum from removing dead rows and occupies a connection. Check what it does and whether its client still waits.'
  },
  {
    name: 'PostgresLatencyRegression',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [
      warning(
        '20m',
        `${mean} > ${latency.timesUsual} * quantile_over_time(0.5, ${mean}[7d] offset 1h)
and ${mean} > ${latency.leastSeconds}
and datname:pg_statements_calls:rate15m > ${latency.leastCallsPerSecond}`
      )
    ],
    summary: `Statements in ${database} take ${duration} on average, twice the median of the last 7 days`,
    description: 'Check for a statement with a changed plan, for locks, and for slow storage.'
  },
  {
    name: 'PostgresQueryRegression',
    scope: 'database',
    dashboard: 'pgvitals-query',
    variables: ['queryid'],
    tiers: [
      warning(
        '30m',
        `${queryMean} > ${queryLatency.timesUsual} * (${queryMean} offset 1d)
and ${queryMean} > ${queryLatency.leastSeconds}
and query:pg_statements_seconds:rate30m > ${queryLatency.leastLoad}`
      )
    ],
    summary: `Statement ${label('queryid')} in ${database} takes ${duration} on average, three times as long as a day ago`,
    description:
      'It causes at least a tenth of a core of load. Most likely its plan changed: check statistics, indexes and the size of its tables.'
  },
  {
    name: 'PostgresRollbackRatioHigh',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [
      warning(
        '15m',
        `datname:pg_xact_rollback:ratio_rate5m > ${rollback.ratio} and datname:pg_xact:rate5m > ${rollback.leastTransactionsPerSecond}`
      )
    ],
    summary: `Database ${database} rolls back ${percent} of its transactions`,
    description: 'Statements fail, or an application rolls back by design. Check the server log and the application log for errors.'
  },
  {
    name: 'PostgresTrafficDrop',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [
      warning(
        '15m',
        `datname:pg_xact:rate5m < ${trafficDrop.ofUsualRatio} * (datname:pg_xact:rate5m offset 1w)
and datname:pg_xact:rate5m offset 1w > ${trafficDrop.leastTransactionsPerSecond}`
      )
    ],
    summary: `Database ${database} has ${count} transactions per second, less than a fifth of a week ago`,
    description: 'Its applications may be down or unable to connect. Traffic is also low on holidays.'
  }
]
