import { perDatabase } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'
import { withoutDumps } from './queries.ts'

const { idleInTransactionSeconds, longTransactionSeconds, blocked } = thresholds

const idle = `max by (${perDatabase}, usename) (pg_stat_activity_oldest_idle_in_transaction_seconds)`
const transaction = `max by (${perDatabase}, usename) (pg_stat_activity_oldest_transaction_seconds)`
/** Before PostgreSQL 14 only the age of the waiting statement is known, so no wait is longer. */
const waits = `max by (${perDatabase}) (pg_stat_activity_blocked_longest_wait_seconds or pg_stat_activity_blocked_longest_statement_seconds)`
const waiting = `sum by (${perDatabase}) (pg_stat_activity_blocked_sessions)`

export const locks: readonly Alert[] = [
  {
    name: 'PostgresIdleInTransaction',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      { severity: 'warning', expression: `${idle} > ${idleInTransactionSeconds.warning}`, for: '1m' },
      { severity: 'critical', expression: `${idle} > ${idleInTransactionSeconds.critical}`, for: '1m' }
    ],
    summary:
      'A session of {{ $labels.usename }} in {{ $labels.datname }} on {{ $labels.server }} has been idle in a transaction for {{ $value | humanizeDuration }}',
    description:
      'It does nothing, but holds its locks and keeps vacuum from removing dead rows. The application forgot to commit, or hangs.'
  },
  {
    name: 'PostgresLongTransaction',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      { severity: 'warning', expression: `${transaction} > ${longTransactionSeconds.warning} ${withoutDumps}`, for: '5m' },
      { severity: 'critical', expression: `${transaction} > ${longTransactionSeconds.critical}`, for: '5m' }
    ],
    summary:
      'A transaction of {{ $labels.usename }} in {{ $labels.datname }} on {{ $labels.server }} has been open for {{ $value | humanizeDuration }}',
    description: 'It holds its locks and keeps vacuum from removing dead rows, in every table of the database. See what it is for.'
  },
  {
    name: 'PostgresBlockedSessions',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      { severity: 'warning', expression: `${waits} > ${blocked.warningSeconds} and ${waiting} > 0`, for: '2m' },
      { severity: 'critical', expression: `${waits} > ${blocked.criticalSeconds} and ${waiting} > ${blocked.criticalSessions}`, for: '2m' }
    ],
    summary: 'Sessions in {{ $labels.datname }} on {{ $labels.server }} have waited for a lock for {{ $value | humanizeDuration }}',
    description:
      'Somebody holds a lock and does not let go; those who wait block others. Find the root blocker, and end it if it may be ended.'
  },
  {
    name: 'PostgresDdlQueue',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      {
        severity: 'warning',
        expression: `sum by (${perDatabase}) (pg_locks_by_grant{mode="accessexclusivelock", granted="false"}) > 0`,
        for: '1m'
      }
    ],
    summary: 'A command in {{ $labels.datname }} on {{ $labels.server }} waits for an exclusive lock, and everybody else behind it',
    description:
      'A migration, a vacuum full or a truncate waits for an older transaction, and all new queries of the table queue behind it.'
  },
  {
    name: 'PostgresDeadlocks',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [
      { severity: 'warning', expression: `increase(pg_stat_database_deadlocks[15m]) >= ${thresholds.deadlocksIn15Minutes}`, for: '0m' }
    ],
    summary: 'Database {{ $labels.datname }} on {{ $labels.server }} had {{ $value | humanize }} deadlocks in 15 minutes',
    description: 'Transactions take the same locks in different order, and PostgreSQL ends one of them. The log names both statements.'
  },
  {
    name: 'PostgresPreparedTransactionOld',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      {
        severity: 'critical',
        expression: `max by (${perDatabase}) (pg_prepared_xacts_oldest_seconds) > ${thresholds.preparedTransactionSeconds}`,
        for: '5m'
      }
    ],
    summary: 'A prepared transaction in {{ $labels.datname }} on {{ $labels.server }} is {{ $value | humanizeDuration }} old',
    description:
      'It holds its locks and stops vacuum until somebody commits or rolls it back; a restart does not end it. Its coordinator has forgotten it.'
  },
  {
    name: 'PostgresRecoveryConflicts',
    scope: 'database',
    dashboard: 'pgvitals-replication',
    tiers: [
      {
        severity: 'warning',
        expression: `increase(pg_stat_database_conflicts[15m]) > ${thresholds.recoveryConflictsIn15Minutes}`,
        for: '15m'
      }
    ],
    summary: 'Standby {{ $labels.server }} cancelled {{ $value | humanize }} queries in {{ $labels.datname }} within 15 minutes',
    description:
      "Replay of WAL and queries on the standby are in each other's way. Long reports need hot_standby_feedback or a larger max_standby_streaming_delay."
  }
]
