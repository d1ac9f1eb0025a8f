import type { AlertCase } from '../alert-case.ts'

const session = 'datname="labeler", usename="app"'
const idle = `pg_stat_activity_oldest_idle_in_transaction_seconds{${session}}`
const transaction = `pg_stat_activity_oldest_transaction_seconds{${session}}`
const dumps = 'pg_backup_sessions{kind="pg_dump"}'
const sessions = `pg_stat_activity_blocked_sessions{${session}}`
const wait = `pg_stat_activity_blocked_longest_wait_seconds{${session}}`
const statement = `pg_stat_activity_blocked_longest_statement_seconds{${session}}`
const ddl = 'pg_locks_by_grant{datname="labeler", locktype="relation", mode="accessexclusivelock", granted="false"}'
const deadlocks = 'pg_stat_database_deadlocks{datname="labeler"}'
const prepared = 'pg_prepared_xacts_oldest_seconds{datname="labeler", owner="app"}'
const conflicts = 'pg_stat_database_conflicts{datname="labeler"}'

export const locks: readonly AlertCase[] = [
  {
    alert: 'PostgresIdleInTransaction',
    severity: 'warning',
    bad: { [idle]: 330 },
    good: { [idle]: 3 },
    silent: { 'just below': { [idle]: 290 } },
    labels: { usename: 'app' },
    summary: 'A session of app in labeler on SERVER has been idle in transaction for 5m 30s'
  },
  {
    alert: 'PostgresIdleInTransaction',
    severity: 'critical',
    bad: { [idle]: 1860 },
    good: { [idle]: 3 },
    silent: { 'just below': { [idle]: 1740 } },
    labels: { usename: 'app' },
    summary: 'A session of app in labeler on SERVER has been idle in transaction for 31m 0s'
  },
  {
    alert: 'PostgresLongTransaction',
    severity: 'warning',
    bad: { [transaction]: 3660, [dumps]: 0 },
    good: { [transaction]: 3 },
    silent: { 'just below': { [transaction]: 3540 }, 'during a dump': { [dumps]: 1 } },
    optional: [dumps],
    labels: { usename: 'app' },
    summary: 'A transaction of app in labeler on SERVER has been open for 1h 1m 0s'
  },
  {
    alert: 'PostgresLongTransaction',
    severity: 'critical',
    bad: { [transaction]: 21660 },
    good: { [transaction]: 3 },
    silent: { 'just below': { [transaction]: 21540 } },
    labels: { usename: 'app' },
    summary: 'A transaction of app in labeler on SERVER has been open for 6h 1m 0s'
  },
  {
    alert: 'PostgresBlockedSessions',
    severity: 'warning',
    bad: { [sessions]: 1, [wait]: 65, [statement]: 65 },
    good: { [wait]: 1, [statement]: 1 },
    silent: { 'just below': { [wait]: 55 }, 'no session waits': { [sessions]: 0 } },
    optional: [wait, statement],
    summary: 'Sessions in labeler on SERVER have waited for a lock for 1m 5s'
  },
  {
    alert: 'PostgresBlockedSessions',
    severity: 'critical',
    bad: { [sessions]: 11, [wait]: 310, [statement]: 310 },
    good: { [wait]: 1, [statement]: 1 },
    silent: { 'just below': { [wait]: 290 }, 'few sessions wait': { [sessions]: 9 } },
    optional: [wait, statement],
    summary: 'Sessions in labeler on SERVER have waited for a lock for 5m 10s'
  },
  {
    alert: 'PostgresDdlQueue',
    severity: 'warning',
    bad: { [ddl]: 1 },
    good: { [ddl]: 0 },
    silent: { 'the lock is granted': { [ddl]: 0, [ddl.replace('false', 'true')]: 1 } },
    summary: 'A command in labeler on SERVER waits for an exclusive lock and blocks all later queries on the table'
  },
  {
    alert: 'PostgresDeadlocks',
    severity: 'warning',
    bad: { [deadlocks]: '+0.22' },
    good: { [deadlocks]: '+0' },
    silent: { 'just below': { [deadlocks]: '+0.19' } },
    summary: 'Database labeler on SERVER had 3.3 deadlocks in 15 minutes'
  },
  {
    alert: 'PostgresPreparedTransactionOld',
    severity: 'critical',
    bad: { [prepared]: 960 },
    good: { [prepared]: 3 },
    silent: { 'just below': { [prepared]: 840 } },
    summary: 'A prepared transaction in labeler on SERVER is 16m 0s old'
  },
  {
    alert: 'PostgresRecoveryConflicts',
    severity: 'warning',
    bad: { [conflicts]: '+0.4' },
    good: { [conflicts]: '+0' },
    silent: { 'just below': { [conflicts]: '+0.3' } },
    summary: 'Standby SERVER cancelled 6 queries in labeler within 15 minutes'
  }
]
