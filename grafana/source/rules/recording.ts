import { perDatabase, perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'

/** A recording rule, named `level:metric:operation`. */
export interface Recording {
  readonly record: string
  readonly expression: string
  readonly labels?: Readonly<Record<string, string>>
}

const up: readonly Recording[] = ['5m', '30m', '1h', '6h'].map((window) => ({
  record: `server:pg_up:avg_${window}`,
  expression: `avg_over_time(pg_up[${window}])`
}))

const connections: readonly Recording[] = [
  { record: 'datname:pg_connections:sum', expression: `sum by (${perDatabase}) (pg_stat_activity_connections)` },
  { record: 'server:pg_connections_used:ratio', expression: 'pg_connections_in_use / (pg_connections_usable > 0)' }
]

const throughput: readonly Recording[] = [
  { record: 'datname:pg_xact:rate5m', expression: 'rate(pg_stat_database_xact_commit[5m]) + rate(pg_stat_database_xact_rollback[5m])' },
  {
    record: 'datname:pg_xact_rollback:ratio_rate5m',
    expression: 'rate(pg_stat_database_xact_rollback[5m]) / (datname:pg_xact:rate5m > 0)'
  },
  { record: 'datname:pg_active_sessions:avg15m', expression: 'rate(pg_stat_database_active_time_seconds_total[15m])' },
  { record: 'datname:pg_blocks_read:rate15m', expression: 'rate(pg_stat_database_blks_read[15m])' },
  {
    record: 'datname:pg_cache_hit:ratio_rate15m',
    expression: 'rate(pg_stat_database_blks_hit[15m]) / (rate(pg_stat_database_blks_hit[15m]) + datname:pg_blocks_read:rate15m > 0)'
  },
  { record: 'datname:pg_temp_bytes:rate15m', expression: 'rate(pg_stat_database_temp_bytes[15m])' },
  {
    record: 'server:pg_io_read_seconds:mean15m',
    expression: `sum by (${perServer}) (rate(pg_stat_io_read_seconds_total{object="relation"}[15m]))
/ (sum by (${perServer}) (rate(pg_stat_io_reads_total{object="relation"}[15m])) > ${thresholds.readLatency.leastReadsPerSecond})`
  }
]

const statements: readonly Recording[] = [
  ...['calls', 'seconds', 'wal_bytes'].map((column) => ({
    record: `datname:pg_statements_${column}:rate15m`,
    expression: `sum by (${perDatabase}) (rate(pg_stat_statements_${column}_total[15m]))`
  })),
  {
    record: 'datname:pg_statements_seconds:mean15m',
    expression: 'datname:pg_statements_seconds:rate15m / (datname:pg_statements_calls:rate15m > 0)'
  },
  ...['calls', 'seconds'].map((column) => ({
    record: `query:pg_statements_${column}:rate30m`,
    expression: `rate(pg_stat_statements_${column}_total{queryid!="other"}[30m])`
  })),
  {
    record: 'query:pg_statements_seconds:mean30m',
    expression: 'query:pg_statements_seconds:rate30m / (query:pg_statements_calls:rate30m > 0)'
  }
]

/** The series with the label `system_identifier`, which a primary shares with its standbys. */
const identified = (series: string, role: 'primary' | 'standby') =>
  `${series} * on (${perServer}) group_left (system_identifier) max by (${perServer}, system_identifier) (pg_server_info{role="${role}"})`

const capacity: readonly Recording[] = [
  { record: 'server:pg_disk_free:ratio', expression: `min by (${perServer}) (pg_disk_free_bytes / pg_disk_total_bytes)` },
  {
    record: 'server:pg_standbys_streaming:sum',
    expression: `sum by (${perServer}) (pg_stat_replication_connections{kind="physical", state="streaming"})`
  },
  {
    // WAL that the primary of a standby without WAL receiver has written and the standby has not restored from the archive.
    record: 'server:pg_restore_lag:bytes',
    expression: `max by (${perServer}) (
  max by (system_identifier) (${identified('pg_wal_position_written_bytes_total', 'primary')})
  - on (system_identifier) group_right ()
  (${identified('pg_wal_position_replayed_bytes_total', 'standby')} unless on (${perServer}) pg_replication_receiver_connected)
)`
  }
]

/** Seconds until a resource is exhausted: the remainder divided by its rate of decrease. Absent while it does not decrease. */
const exhaustions: readonly (readonly [resource: string, expression: string])[] = [
  ['disk', 'pg_disk_free_bytes / (-deriv(pg_disk_free_bytes[6h]) > 0)'],
  [
    'connections',
    `(pg_connections_usable - pg_connections_in_use) / (deriv(pg_connections_in_use[1h]) > 0)
and server:pg_connections_used:ratio > ${thresholds.connectionsFillRatio}`
  ],
  ['slot', 'pg_replication_slots_safe_wal_size_bytes / (-deriv(pg_replication_slots_safe_wal_size_bytes[1h]) > 0)']
]

/** The same for the resources of a database. */
const databaseExhaustions: readonly (readonly [resource: string, expression: string])[] = [
  ['xid', 'pg_database_xids_left / (deriv(pg_database_xid_age[6h]) > 0)'],
  ['multixact', 'pg_database_multixacts_left / (deriv(pg_database_multixact_age[6h]) > 0)'],
  ['sequence', '(1 - pg_sequence_used_ratio) / (deriv(pg_sequence_used_ratio[6h]) > 0)']
]

/** The values whose share per database of a server is recorded. */
const shares: readonly (readonly [resource: string, expression: string])[] = [
  ['connections', 'datname:pg_connections:sum'],
  ['active_time', 'datname:pg_active_sessions:avg15m'],
  ['statement_time', 'datname:pg_statements_seconds:rate15m'],
  ['blocks_read', 'datname:pg_blocks_read:rate15m'],
  ['temp_bytes', 'datname:pg_temp_bytes:rate15m'],
  ['wal_bytes', 'datname:pg_statements_wal_bytes:rate15m']
]

/** The recording rules by group. A rule follows the rules that it reads. */
export const recordings: Readonly<Record<string, readonly Recording[]>> = {
  'pgvitals-up': up,
  'pgvitals-connections': connections,
  'pgvitals-throughput': throughput,
  'pgvitals-statements': statements,
  'pgvitals-capacity': [
    ...capacity,
    ...exhaustions.map(([resource, expression]) => ({
      record: 'server:pg_exhaustion:eta_seconds',
      expression: `min by (${perServer}) (${expression})`,
      labels: { resource }
    })),
    ...databaseExhaustions.flatMap(([resource, expression]) => [
      { record: 'datname:pg_exhaustion:eta_seconds', expression: `min by (${perDatabase}) (${expression})`, labels: { resource } },
      {
        record: 'server:pg_exhaustion:eta_seconds',
        expression: `min by (${perServer}) (datname:pg_exhaustion:eta_seconds{resource="${resource}"})`,
        labels: { resource }
      }
    ])
  ],
  'pgvitals-shares': shares.map(([resource, expression]) => ({
    record: 'datname:pg_share:ratio',
    expression: `${expression}\n/ on (${perServer}) group_left () (sum by (${perServer}) (${expression}) > 0)`,
    labels: { resource }
  }))
}
