import { perDatabase, perServer, perTable } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import { type Alert, count, critical, database, label, percent, server, table, warning } from './alert.ts'

const { freezeAgeRatio, idsLeft, xminHorizonAge, vacuumDue, unvacuumedTableBytes } = thresholds

const horizonHeld = (datname: string) =>
  `max by (${perDatabase}, holder) (pg_xmin_horizon_age{${datname}, holder!="autovacuum"}) > ${xminHorizonAge}`

const olderThan = (age: string, parameter: string) => `${age} / on (${perServer}) group_left () ${parameter} > ${freezeAgeRatio}`

const ofTable = { scope: 'database', dashboard: 'pgvitals-table', variables: ['schemaname', 'relname'] } as const

export const vacuum: readonly Alert[] = [
  {
    name: 'PostgresXidAgeHigh',
    scope: 'database',
    dashboard: 'pgvitals-vacuum',
    tiers: [
      warning('1h', olderThan('pg_database_xid_age', 'pg_settings_autovacuum_freeze_max_age')),
      critical('5m', `pg_database_xids_left < ${idsLeft}`)
    ],
    summary: `Transaction ids of ${database} are not frozen in time: ${count}`,
    description:
      'Vacuum is too slow or blocked. Warning: age relative to autovacuum_freeze_max_age. Critical: transaction ids left until the server refuses writes.'
  },
  {
    name: 'PostgresMultixactAgeHigh',
    scope: 'database',
    dashboard: 'pgvitals-vacuum',
    tiers: [
      warning('1h', olderThan('pg_database_multixact_age', 'pg_settings_autovacuum_multixact_freeze_max_age')),
      critical('5m', `pg_database_multixacts_left < ${idsLeft}`)
    ],
    summary: `Multixact ids of ${database} are not frozen in time: ${count}`,
    description:
      'Vacuum is too slow or blocked. Warning: age relative to autovacuum_multixact_freeze_max_age. Critical: ids left until writes that need one fail.'
  },
  {
    name: 'PostgresXminHorizonHeld',
    scope: 'database',
    dashboard: 'pgvitals-vacuum',
    tiers: [warning('1h', horizonHeld('datname!=""')), warning('1h', horizonHeld('datname=""'), 'instance')],
    summary: `Vacuum on ${server} cannot remove the dead rows of ${count} transactions because of a ${label('holder')}{{ with $labels.datname }} in {{ . }}{{ end }}`,
    description:
      'Tables grow and queries slow down until the holder ends: a session, a prepared transaction, a replication slot or a standby with feedback.'
  },
  {
    ...ofTable,
    name: 'PostgresVacuumOverdue',
    tiers: [
      warning(
        '6h',
        `pg_table_vacuum_due_ratio > ${vacuumDue.ratio} and on (${perTable}) pg_stat_user_tables_n_dead_tup > ${vacuumDue.leastDeadRows}`
      )
    ],
    summary: `Table ${table} exceeds its vacuum threshold ${count} times`,
    description: 'Autovacuum is disabled for the table, too slow, or cannot remove dead rows because an old transaction still needs them.'
  },
  {
    ...ofTable,
    name: 'PostgresAutovacuumOff',
    tiers: [
      warning('1h', `pg_table_autovacuum_enabled == 0 and on (${perTable}) pg_stat_user_tables_table_size_bytes > ${unvacuumedTableBytes}`)
    ],
    summary: `Autovacuum is disabled for the large table ${table}`,
    description: 'Dead rows accumulate and planner statistics become outdated. It was probably disabled for a load and not enabled again.'
  },
  {
    name: 'PostgresAutovacuumSaturated',
    scope: 'instance',
    dashboard: 'pgvitals-vacuum',
    tiers: [
      warning(
        '1h',
        `sum by (${perServer}) (sum_over_time(pg_stat_activity_backends{backend_type="autovacuum worker"}[1h]))
/ (sum by (${perServer}) (sum_over_time(pg_settings_autovacuum_max_workers[1h])) > 0) >= ${thresholds.autovacuumBusyRatio}`
      )
    ],
    summary: `${percent} of the autovacuum workers of ${server} have been busy for two hours`,
    description:
      'Other tables wait to be vacuumed. Usually the workers are throttled: raise autovacuum_vacuum_cost_limit before autovacuum_max_workers.'
  },
  {
    name: 'PostgresAutovacuumBlocked',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      warning('5m', `sum by (${perDatabase}) (pg_stat_activity_wait_events{backend_type="autovacuum worker", wait_event_type="Lock"}) > 0`)
    ],
    summary: `Autovacuum in ${database} waits for a lock`,
    description:
      'A worker that waits this long usually runs to prevent wraparound, and blocks DDL. End the transaction that holds the lock, not the worker.'
  },
  {
    ...ofTable,
    name: 'PostgresInvalidIndex',
    tiers: [warning('1h', 'pg_index_invalid == 1')],
    summary: `Index ${label('schemaname')}.${label('indexrelname')} of ${database} is invalid`,
    description:
      'A concurrent index build failed. Every write maintains the index, but no query uses it. Drop it or reindex it concurrently.'
  }
]
