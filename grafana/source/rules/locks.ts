import { perDatabase } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import { type Alert, count, critical, database, duration, label, server, warning } from './alert.ts'
import { withoutDumps } from './queries.ts'

const { idleInTransactionSeconds, longTransactionSeconds, blocked } = thresholds

const idle = `max by (${perDatabase}, usename) (pg_stat_activity_oldest_idle_in_transaction_seconds)`
const transaction = `max by (${perDatabase}, usename) (pg_stat_activity_oldest_transaction_seconds)`
/** PostgreSQL 13 reports only the age of the waiting statement, which is an upper bound of the waiting time. */
const waitSeconds = `max by (${perDatabase}) (pg_stat_activity_blocked_longest_wait_seconds or pg_stat_activity_blocked_longest_statement_seconds)`
const blockedSessions = `sum by (${perDatabase}) (pg_stat_activity_blocked_sessions)`

export const locks: readonly Alert[] = [
  {
    name: 'PostgresIdleInTransaction',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      warning('1m', `${idle} > ${idleInTransactionSeconds.warning}`),
      critical('1m', `${idle} > ${idleInTransactionSeconds.critical}`)
    ],
    summary: `A session of ${label('usename')} in ${database} has been idle in transaction for ${duration}`,
    description:
      'It holds its locks and prevents vacuum from removing dead rows. The application did not commit, or it hangs between two statements.'
  },
  {
    name: 'PostgresLongTransaction',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      warning('5m', `${transaction} > ${longTransactionSeconds.warning} ${withoutDumps}`),
      critical('5m', `${transaction} > ${longTransactionSeconds.critical}`)
    ],
    summary: `A transaction of ${label('usename')} in ${database} has been open for ${duration}`,
    description: 'It holds its locks and prevents vacuum from removing dead rows in every table of the database. Check what it does.'
  },
  {
    name: 'PostgresBlockedSessions',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      warning('2m', `${waitSeconds} > ${blocked.warningSeconds} and ${blockedSessions} > 0`),
      critical('2m', `${waitSeconds} > ${blocked.criticalSeconds} and ${blockedSessions} > ${blocked.criticalSessions}`)
    ],
    summary: `Sessions in ${database} have waited for a lock for ${duration}`,
    description:
      'A session holds a lock for long, and the waiting sessions block others. Find the root blocker, and end it if its work may be lost.'
  },
  {
    name: 'PostgresDdlQueue',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [warning('1m', `sum by (${perDatabase}) (pg_locks_by_grant{mode="accessexclusivelock", granted="false"}) > 0`)],
    summary: `A command in ${database} waits for an exclusive lock and blocks all later queries on the table`,
    description: 'A migration, vacuum full or truncate waits for an older transaction. Cancel it, or end the transaction that it waits for.'
  },
  {
    name: 'PostgresDeadlocks',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [warning('0m', `increase(pg_stat_database_deadlocks[15m]) >= ${thresholds.deadlocksIn15Minutes}`)],
    summary: `Database ${database} had ${count} deadlocks in 15 minutes`,
    description: 'Transactions take the same locks in different order, and PostgreSQL aborts one of them. The log names both statements.'
  },
  {
    name: 'PostgresPreparedTransactionOld',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [critical('5m', `max by (${perDatabase}) (pg_prepared_xacts_oldest_seconds) > ${thresholds.preparedTransactionSeconds}`)],
    summary: `A prepared transaction in ${database} is ${duration} old`,
    description:
      'It holds its locks and prevents vacuum from removing dead rows until it is committed or rolled back, even after a restart.'
  },
  {
    name: 'PostgresRecoveryConflicts',
    scope: 'database',
    dashboard: 'pgvitals-replication',
    tiers: [warning('5m', `increase(pg_stat_database_conflicts[15m]) > ${thresholds.recoveryConflictsIn15Minutes}`)],
    summary: `Standby ${server} cancelled ${count} queries in ${label('datname')} within 15 minutes`,
    description:
      'Queries on the standby conflict with WAL replay. Long reports need hot_standby_feedback or a larger max_standby_streaming_delay.'
  }
]
