import { jobName, perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import { type Alert, critical, database, percent, server, warning } from './alert.ts'

const { budgetRatio, criticalBurn, warningBurn } = thresholds.availability

/** Template of `: REASON` from the state of the first matching database, or nothing if the state is unknown. */
const reason = (...labels: readonly string[]) => {
  const matchers = labels.map((name) => `${name}=%q`).join(', ')
  const values = labels.map((name) => `$labels.${name}`).join(' ')
  return `{{ with printf "pgvitals_database_state{${matchers}} == 1" ${values} | query }}: {{ . | first | label "reason" }}{{ end }}`
}

/**
 * The value differs from the one of 15 minutes ago, or, if the server was unreachable then, from the last one before that.
 * `changes()` would not compare with a value before an outage that is longer than its window.
 */
const changed = (metric: string) => `${metric} != last_over_time(${metric}[1d] offset 15m)`

const burns = (long: string, short: string, factor: number) =>
  `1 - server:pg_up:avg_${long} > ${factor} * ${budgetRatio} and 1 - server:pg_up:avg_${short} > ${factor} * ${budgetRatio}`

export const availability: readonly Alert[] = [
  {
    name: 'PostgresDown',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [critical('1m', 'pg_up == 0')],
    summary: `PostgreSQL server ${server} is unreachable${reason('job', 'instance', 'server')}`,
    description:
      'pgvitals cannot open a session in any database of the server. Its applications are probably down. Check whether the server is running and which error it returns.'
  },
  {
    name: 'PostgresDatabaseUnreachable',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [critical('3m', `pg_database_up == 0 and on (${perServer}) pg_up == 1`)],
    summary: `Database ${database} is unreachable, although the server is up${reason('job', 'instance', 'server', 'datname')}`,
    description:
      'Other databases of the server are reachable. Check the credential, the connect privilege and the connection limit. Applications that use the same credential fail too.'
  },
  {
    name: 'PostgresRestarted',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [warning('0m', changed('pg_postmaster_start_time_seconds'))],
    summary: `PostgreSQL server ${server} restarted within the last 15 minutes`,
    description: 'All sessions were closed and caches are cold. If the restart was not planned, check the server log.'
  },
  {
    name: 'PostgresRoleChanged',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [warning('0m', changed('pg_replication_is_replica'))],
    summary: `PostgreSQL server ${server} changed between primary and standby within the last 15 minutes`,
    description: 'A failover or switchover took place. Verify that exactly one server accepts writes and that the standbys follow it.'
  },
  {
    name: 'PostgresAvailabilityBurn',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [critical('2m', burns('1h', '5m', criticalBurn)), warning('15m', burns('6h', '30m', warningBurn))],
    summary: `PostgreSQL server ${server} was unreachable ${percent} of the time, more than an objective of 99.9 % allows`,
    description: 'At this rate the monthly error budget is exhausted within days. Check for restarts, failovers and exhausted connections.'
  },
  {
    name: 'PostgresUnexpectedReadOnly',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [critical('5m', 'pg_settings_default_transaction_read_only == 1 and pg_replication_is_replica == 0')],
    summary: `Transactions on primary ${server} are read-only by default`,
    description:
      'Every write fails. default_transaction_read_only is on. Operators and RDS set it when the disk is full, so check free space first.'
  },
  {
    name: 'PgvitalsDown',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [critical('5m', `up{job="${jobName}"} == 0 or absent(up{job="${jobName}"})`)],
    summary: `Prometheus cannot scrape pgvitals{{ with $labels.instance }} {{ . }}{{ end }}`,
    description:
      'The servers of this instance are not monitored, and no other alert about them can fire. Check whether the process runs and is reachable.'
  }
]
