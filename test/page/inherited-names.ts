/**
 * Inherited names of postgres_exporter to which `promtool check metrics` objects: counters without `_total`, names
 * that end in `_count` or contain `summary`. Dashboards depend on them.
 */
export const inheritedNames = [
  'pg_locks_count',
  'pg_settings_tcp_keepalives_count',
  'pg_settings_wal_summary_keep_time_seconds',
  'pg_stat_activity_count',
  'pg_stat_archiver_archived_count',
  'pg_stat_archiver_failed_count',
  ...['blk_read_time', 'blk_write_time', 'blks_hit', 'blks_read', 'conflicts', 'deadlocks', 'stats_reset', 'temp_bytes', 'temp_files'].map(
    onDatabase
  ),
  ...['tup_deleted', 'tup_fetched', 'tup_inserted', 'tup_returned', 'tup_updated', 'xact_commit', 'xact_rollback'].map(onDatabase),
  ...['bufferpin', 'deadlock', 'lock', 'snapshot', 'tablespace'].map((cause) => `pg_stat_database_conflicts_confl_${cause}`),
  ...['receive_start_lsn', 'flushed_lsn', 'last_msg_send_time', 'last_msg_receipt_time', 'latest_end_lsn', 'latest_end_time'].map(
    onReceiver
  ),
  ...['buffers_used', 'buffers_unused', 'buffers_dirty', 'buffers_pinned', 'usagecount_avg'].map(
    (column) => `pg_buffercache_summary_${column}`
  ),
  ...['analyze_count', 'autoanalyze_count', 'autovacuum_count', 'vacuum_count', 'idx_scan', 'idx_tup_fetch'].map(onTables),
  ...['n_tup_del', 'n_tup_hot_upd', 'n_tup_ins', 'n_tup_upd', 'seq_scan', 'seq_tup_read'].map(onTables),
  ...['heap', 'idx', 'tidx', 'toast'].flatMap((part) => [
    `pg_statio_user_tables_${part}_blocks_hit`,
    `pg_statio_user_tables_${part}_blocks_read`
  ])
] as const

function onDatabase(column: string): string {
  return `pg_stat_database_${column}`
}

function onTables(column: string): string {
  return `pg_stat_user_tables_${column}`
}

function onReceiver(column: string): string {
  return `pg_stat_wal_receiver_${column}`
}
