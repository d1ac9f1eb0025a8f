import type { AlertCase } from '../alert-case.ts'

const free = 'pg_disk_free_bytes{source="configured"}'
const fileSystem = 'pg_disk_free_bytes{source="filesystem"}'
const temporaryFiles = (tablespace: string) => `pg_temporary_files_size_bytes{tablespace="${tablespace}"}`
const total = 'pg_disk_total_bytes{source="configured"}'
/** The value is unknown after five minutes. */
const vanishing = (value: number) => `${value}+0x4 stale _x90`
const sequence = 'pg_sequence_used_ratio{datname="labeler", schemaname="public", sequencename="item_id_seq"}'
const temp = 'pg_stat_database_temp_bytes{datname="labeler"}'
const safe = 'pg_replication_slots_safe_wal_size_bytes{slot_name="s", slot_type="physical", database=""}'

export const capacity: readonly AlertCase[] = [
  {
    alert: 'PostgresDiskSpaceLow',
    severity: 'warning',
    bad: { [free]: 14e9, [total]: 100e9, pg_up: 1 },
    good: { [free]: 60e9 },
    silent: {
      'just above': { [free]: 16e9 },
      unknown: { [free]: vanishing(14e9) },
      'just above when the server stopped': { [free]: vanishing(16e9), pg_up: 0 }
    },
    fires: { 'the server stopped': { [free]: vanishing(14e9), pg_up: 0 } },
    optional: ['pg_up'],
    warmMinutes: 0,
    summary: 'PostgreSQL server SERVER has 14% of its disk space free'
  },
  {
    alert: 'PostgresDiskSpaceLow',
    severity: 'critical',
    bad: { [free]: 6.5e9, [total]: 100e9, pg_up: 1 },
    good: { [free]: 60e9 },
    silent: {
      'just above': { [free]: 7.5e9 },
      'just above when the server stopped': { [free]: vanishing(7.5e9), pg_up: 0 }
    },
    fires: { 'the server stopped': { [free]: vanishing(6.5e9), pg_up: 0 } },
    optional: ['pg_up'],
    warmMinutes: 0,
    summary: 'PostgreSQL server SERVER has 6.5% of its disk space free'
  },
  {
    // At 6.08 MB per minute, 35 GB last 4 days.
    alert: 'PostgresDiskFillPredicted',
    severity: 'warning',
    bad: { [free]: '35e9+-6.5e6', [total]: 100e9 },
    good: { [free]: 60e9 },
    silent: {
      'in more than four days': { [free]: '35e9+-5.2e6' },
      'much space free': { [free]: '45e9+-9e6' }
    },
    warmMinutes: 0,
    summary: 'The disk of PostgreSQL server SERVER will be full soon if the current trend continues'
  },
  {
    alert: 'PostgresDiskFillPredicted',
    severity: 'critical',
    bad: { [free]: '35e9+-27e6', [total]: 100e9 },
    good: { [free]: 60e9 },
    silent: {
      'in more than a day': { [free]: '35e9+-21e6' },
      'much space free': { [free]: '45e9+-40e6' }
    },
    warmMinutes: 0,
    summary: 'The disk of PostgreSQL server SERVER will be full soon if the current trend continues'
  },
  {
    alert: 'PostgresWalDirectoryLarge',
    severity: 'warning',
    bad: { pg_wal_size_bytes: 3.5e9, pg_settings_max_wal_size_bytes: 1e9, pg_settings_wal_keep_size_bytes: 0.4e9 },
    good: { pg_wal_size_bytes: 1e9 },
    silent: { 'just below': { pg_wal_size_bytes: 3.3e9 }, 'large wal_keep_size': { pg_settings_wal_keep_size_bytes: 1e9 } },
    summary: 'PostgreSQL server SERVER retains far more WAL than max_wal_size'
  },
  {
    alert: 'PostgresWalDirectoryLarge',
    severity: 'critical',
    bad: { pg_wal_size_bytes: 21e9, pg_settings_max_wal_size_bytes: 6.5e9, [total]: 100e9 },
    good: { pg_wal_size_bytes: 1e9 },
    silent: { 'just below': { pg_wal_size_bytes: 19.9e9 }, 'large max_wal_size': { pg_settings_max_wal_size_bytes: 7.5e9 } },
    summary: 'PostgreSQL server SERVER retains far more WAL than max_wal_size'
  },
  {
    alert: 'PostgresSequenceExhausted',
    severity: 'warning',
    bad: { [sequence]: 0.76 },
    good: { [sequence]: 0.3 },
    silent: { 'just below': { [sequence]: 0.74 } },
    labels: { schemaname: 'public', sequencename: 'item_id_seq' },
    summary: 'Sequence public.item_id_seq of labeler on SERVER has used 76% of its values'
  },
  {
    alert: 'PostgresSequenceExhausted',
    severity: 'critical',
    bad: { [sequence]: 0.91 },
    good: { [sequence]: 0.3 },
    silent: { 'just below': { [sequence]: 0.89 } },
    labels: { schemaname: 'public', sequencename: 'item_id_seq' },
    summary: 'Sequence public.item_id_seq of labeler on SERVER has used 91% of its values'
  },
  {
    // The used ratio grows by 0.1 per day, and 0.08 is left: 0.8 days.
    alert: 'PostgresExhaustionNear',
    severity: 'warning',
    scope: 'database',
    bad: { [sequence]: '0.92+0.00006944' },
    good: { [sequence]: 0.92 },
    silent: { 'in more than a day': { [sequence]: '0.88+0.00006944' } },
    fires: {
      xid: { [sequence]: 0.5, 'pg_database_xids_left{datname="labeler"}': 1e9, 'pg_database_xid_age{datname="labeler"}': '1e9+1e6' },
      multixact: {
        [sequence]: 0.5,
        'pg_database_multixacts_left{datname="labeler"}': 1e9,
        'pg_database_multixact_age{datname="labeler"}': '1e9+1e6'
      }
    },
    warmMinutes: 0,
    labels: { resource: 'sequence' },
    variantLabels: { xid: { resource: 'xid' }, multixact: { resource: 'multixact' } },
    summary: 'PostgreSQL server SERVER exhausts a resource within a day at the current rate: sequence of labeler',
    summaries: {
      xid: 'PostgreSQL server SERVER exhausts a resource within a day at the current rate: xid of labeler',
      multixact: 'PostgreSQL server SERVER exhausts a resource within a day at the current rate: multixact of labeler'
    }
  },
  {
    // 0.9 days at 10 MB per minute.
    alert: 'PostgresExhaustionNear',
    severity: 'warning',
    scope: 'instance',
    bad: { [safe]: '13e9+-1e7' },
    good: { [safe]: 30e9 },
    silent: { 'in more than a day': { [safe]: '16e9+-1e7' } },
    warmMinutes: 0,
    labels: { resource: 'slot' },
    summary: 'PostgreSQL server SERVER exhausts a resource within a day at the current rate: slot'
  },
  {
    alert: 'PostgresDatabaseOverQuota',
    severity: 'warning',
    bad: { 'pg_database_size_bytes{datname="labeler"}': 11 * 2 ** 30, 'pg_database_quota_bytes{datname="labeler"}': 10 * 2 ** 30 },
    good: { 'pg_database_size_bytes{datname="labeler"}': 2 ** 30 },
    silent: { 'just below': { 'pg_database_size_bytes{datname="labeler"}': 9.9 * 2 ** 30 } },
    summary: 'Database labeler on SERVER uses 11GiB, more than its quota'
  },
  {
    alert: 'PostgresTempSpill',
    severity: 'warning',
    bad: { [temp]: '+3.1e9' },
    good: { [temp]: '+1e6' },
    silent: { 'just below': { [temp]: '+2.9e9' } },
    summary: 'Database labeler on SERVER writes 49.27MiB/s of temporary files'
  },
  {
    alert: 'PostgresTemporaryFilesLarge',
    severity: 'warning',
    bad: { [temporaryFiles('pg_default')]: 6e9, [temporaryFiles('fast')]: 5e9, [free]: 10e9, [fileSystem]: 50e9 },
    good: { [temporaryFiles('pg_default')]: 0, [temporaryFiles('fast')]: 0 },
    optional: [fileSystem],
    silent: { 'as much as is free': { [temporaryFiles('pg_default')]: 5e9 } },
    summary: 'Temporary files of PostgreSQL server SERVER use 10.24GiB, more than the free disk space'
  }
]
