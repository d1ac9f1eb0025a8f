import type { AlertCase } from '../alert-case.ts'

const table = 'datname="labeler", schemaname="public", relname="item"'
const due = `pg_table_vacuum_due_ratio{${table}}`
const dead = `pg_stat_user_tables_n_dead_tup{${table}}`
const enabled = `pg_table_autovacuum_enabled{${table}}`
const size = `pg_stat_user_tables_table_size_bytes{${table}}`
const index = `pg_index_invalid{${table}, indexrelname="item_key"}`
const age = 'pg_database_xid_age{datname="labeler"}'
const multixactAge = 'pg_database_multixact_age{datname="labeler"}'
const held = (datname: string, holder: string) => `pg_xmin_horizon_age{datname="${datname}", holder="${holder}"}`
const workers = 'pg_stat_activity_backends{backend_type="autovacuum worker"}'
const blocked =
  'pg_stat_activity_wait_events{datname="labeler", backend_type="autovacuum worker", wait_event_type="Lock", wait_event="relation"}'
const tableLabels = { schemaname: 'public', relname: 'item' }

export const vacuum: readonly AlertCase[] = [
  {
    alert: 'PostgresXidAgeHigh',
    severity: 'warning',
    bad: { [age]: 310e6, pg_settings_autovacuum_freeze_max_age: 200e6 },
    good: { [age]: 100e6 },
    silent: { 'just below': { [age]: 290e6 }, 'larger autovacuum_freeze_max_age': { pg_settings_autovacuum_freeze_max_age: 400e6 } },
    summary: 'Transaction ids of labeler on SERVER are not frozen in time: 1.55'
  },
  {
    alert: 'PostgresXidAgeHigh',
    severity: 'critical',
    bad: { 'pg_database_xids_left{datname="labeler"}': 850e6 },
    good: { 'pg_database_xids_left{datname="labeler"}': 2e9 },
    silent: { 'just above': { 'pg_database_xids_left{datname="labeler"}': 870e6 } },
    summary: 'Transaction ids of labeler on SERVER are not frozen in time: 850M'
  },
  {
    alert: 'PostgresMultixactAgeHigh',
    severity: 'warning',
    bad: { [multixactAge]: 620e6, pg_settings_autovacuum_multixact_freeze_max_age: 400e6 },
    good: { [multixactAge]: 100e6 },
    silent: { 'just below': { [multixactAge]: 580e6 } },
    summary: 'Multixact ids of labeler on SERVER are not frozen in time: 1.55'
  },
  {
    alert: 'PostgresMultixactAgeHigh',
    severity: 'critical',
    bad: { 'pg_database_multixacts_left{datname="labeler"}': 850e6 },
    good: { 'pg_database_multixacts_left{datname="labeler"}': 2e9 },
    silent: { 'just above': { 'pg_database_multixacts_left{datname="labeler"}': 870e6 } },
    summary: 'Multixact ids of labeler on SERVER are not frozen in time: 850M'
  },
  {
    alert: 'PostgresXminHorizonHeld',
    severity: 'warning',
    scope: 'database',
    bad: { [held('labeler', 'session')]: 21e6 },
    good: { [held('labeler', 'session')]: 1000 },
    silent: {
      'just below': { [held('labeler', 'session')]: 19e6 },
      'autovacuum itself': { [held('labeler', 'session')]: 0, [held('labeler', 'autovacuum')]: 21e6 },
      'a slot of the server': { [held('labeler', 'session')]: 0, [held('', 'slot')]: 21e6 }
    },
    labels: { holder: 'session' },
    summary: 'Vacuum on SERVER cannot remove the dead rows of 21M transactions because of a session in labeler'
  },
  {
    alert: 'PostgresXminHorizonHeld',
    severity: 'warning',
    scope: 'instance',
    bad: { [held('', 'slot')]: 21e6 },
    good: { [held('', 'slot')]: 1000 },
    silent: {
      'just below': { [held('', 'slot')]: 19e6 },
      'a session of one database': { [held('', 'slot')]: 0, [held('labeler', 'session')]: 21e6 }
    },
    labels: { holder: 'slot' },
    summary: 'Vacuum on SERVER cannot remove the dead rows of 21M transactions because of a slot'
  },
  {
    alert: 'PostgresVacuumOverdue',
    severity: 'warning',
    bad: { [due]: 2.1, [dead]: 11000 },
    good: { [due]: 0.5 },
    silent: { 'just below': { [due]: 1.9 }, 'a small table': { [dead]: 9000 } },
    labels: tableLabels,
    summary: 'Table public.item of labeler on SERVER exceeds its vacuum threshold 2.1 times'
  },
  {
    alert: 'PostgresAutovacuumOff',
    severity: 'warning',
    bad: { [enabled]: 0, [size]: 1.1e9 },
    good: { [enabled]: 1 },
    silent: { 'a small table': { [size]: 0.9e9 } },
    labels: tableLabels,
    summary: 'Autovacuum is disabled for the large table public.item of labeler on SERVER'
  },
  {
    alert: 'PostgresAutovacuumSaturated',
    severity: 'warning',
    bad: { [workers]: 3, pg_settings_autovacuum_max_workers: 3 },
    good: { [workers]: 1 },
    silent: { 'one idle worker': { [workers]: 2 }, 'often idle': { [workers]: 2.6 } },
    fires: { 'rarely idle': { [workers]: 2.75 } },
    holdsAtOnce: true,
    summary: '100% of the autovacuum workers of SERVER have been busy for two hours',
    summaries: { 'rarely idle': '91.67% of the autovacuum workers of SERVER have been busy for two hours' }
  },
  {
    alert: 'PostgresAutovacuumBlocked',
    severity: 'warning',
    bad: { [blocked]: 1 },
    good: { [blocked]: 0 },
    silent: { 'a client waits': { [blocked]: 0, [blocked.replace('autovacuum worker', 'client backend')]: 1 } },
    summary: 'Autovacuum in labeler on SERVER waits for a lock'
  },
  {
    alert: 'PostgresInvalidIndex',
    severity: 'warning',
    bad: { [index]: 1 },
    good: { [index]: 0 },
    silent: {},
    labels: { ...tableLabels, indexrelname: 'item_key' },
    summary: 'Index public.item_key of labeler on SERVER is invalid'
  }
]
