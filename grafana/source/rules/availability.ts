import { jobName, perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

const { budgetRatio, criticalBurn, warningBurn } = thresholds.availability

/** Why the database, or the first of the server's, does not answer; nothing where that is not known. */
const reason = (labels: readonly string[]) => {
  const matchers = labels.map((label) => `${label}=%q`).join(', ')
  const values = labels.map((label) => `$labels.${label}`).join(' ')
  return `{{ with printf "pgvitals_database_state{${matchers}} == 1" ${values} | query }}: {{ . | first | label "reason" }}{{ end }}`
}

export const availability: readonly Alert[] = [
  {
    name: 'PostgresDown',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [{ severity: 'critical', expression: 'pg_up == 0', for: '1m' }],
    summary: `PostgreSQL server {{ $labels.server }} does not answer${reason(['job', 'instance', 'server'])}`,
    description:
      'pgvitals cannot open a session in any database of the server. Its applications are most likely down too. See whether the server runs and why it refuses.'
  },
  {
    name: 'PostgresDatabaseUnreachable',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [{ severity: 'critical', expression: `pg_database_up == 0 and on (${perServer}) pg_up == 1`, for: '3m' }],
    summary: `Database {{ $labels.datname }} on {{ $labels.server }} cannot be reached, though the server answers${reason(['job', 'instance', 'server', 'datname'])}`,
    description:
      'The credential, the grant, the connection limit or the database itself fails, while other databases of the server answer. Applications with the same credential fail too.'
  },
  {
    name: 'PostgresRestarted',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [{ severity: 'warning', expression: 'changes(pg_postmaster_start_time_seconds[15m]) > 0', for: '0m' }],
    summary: 'PostgreSQL server {{ $labels.server }} was restarted within the last 15 minutes',
    description: 'All sessions were cut off and caches are cold. Unless it was planned, the log says why.'
  },
  {
    name: 'PostgresRoleChanged',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [{ severity: 'warning', expression: 'changes(pg_replication_is_replica[15m]) > 0', for: '0m' }],
    summary: 'PostgreSQL server {{ $labels.server }} changed between primary and standby within the last 15 minutes',
    description: 'There was a failover or a switchover. See that exactly one server takes writes and that the others follow it.'
  },
  {
    name: 'PostgresAvailabilityBurn',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [
      {
        severity: 'critical',
        expression: `1 - server:pg_up:avg_1h > ${criticalBurn} * ${budgetRatio} and 1 - server:pg_up:avg_5m > ${criticalBurn} * ${budgetRatio}`,
        for: '2m'
      },
      {
        severity: 'warning',
        expression: `1 - server:pg_up:avg_6h > ${warningBurn} * ${budgetRatio} and 1 - server:pg_up:avg_30m > ${warningBurn} * ${budgetRatio}`,
        for: '15m'
      }
    ],
    summary:
      'PostgreSQL server {{ $labels.server }} was unreachable {{ $value | humanizePercentage }} of the time, more than 99.9 % allows',
    description:
      'The server comes and goes, or was down for long. At this pace the month is lost. Look for restarts, failovers and a full server.'
  },
  {
    name: 'PostgresUnexpectedReadOnly',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [
      { severity: 'critical', expression: 'pg_settings_default_transaction_read_only == 1 and pg_replication_is_replica == 0', for: '5m' }
    ],
    summary: 'PostgreSQL server {{ $labels.server }} is a primary whose transactions are read-only',
    description: 'Every write fails. Somebody set default_transaction_read_only, as operators and RDS do when the disk is full.'
  },
  {
    name: 'PgvitalsDown',
    scope: 'exporter',
    dashboard: 'pgvitals-exporter',
    tiers: [{ severity: 'critical', expression: `up{job="${jobName}"} == 0 or absent(up{job="${jobName}"})`, for: '5m' }],
    summary: 'pgvitals {{ with $labels.instance }}{{ . }} {{ end }}cannot be scraped',
    description: 'Nothing of its servers is known and no other alert can fire. See whether the process runs and Prometheus reaches it.'
  }
]
