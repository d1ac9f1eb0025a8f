/** The families of postgres_exporter with their types and labels, as `name type label,label`. */
export const inheritedFamilies: readonly string[] = [
  ...on('pg_database', 'gauge', 'datname', ['size_bytes', 'connection_limit']),
  ...on('pg_locks', 'gauge', 'datname,mode', ['count']),
  ...on('pg_replication', 'gauge', '', ['lag_seconds', 'is_replica', 'last_replay_seconds']),
  ...on('pg_replication_slots', 'gauge', 'slot_name,database', ['active', 'pg_wal_lsn_diff']),
  ...on('pg_replication_slots', 'gauge', 'slot_name,slot_type', [
    'slot_current_wal_lsn',
    'slot_confirmed_flush_lsn',
    'slot_is_active',
    'safe_wal_size_bytes'
  ]),
  ...on('pg_replication_slots', 'gauge', 'slot_name,slot_type,wal_status', ['wal_status']),
  ...on('pg_roles', 'gauge', 'rolname', ['connection_limit']),
  ...on('pg_stat_activity', 'gauge', 'datname,state,usename,application_name,backend_type', ['count', 'max_tx_duration']),
  ...on('pg_stat_archiver', 'counter', '', ['archived_count', 'failed_count']),
  ...on('pg_stat_archiver', 'gauge', '', ['last_archive_age']),
  ...on('pg_stat_bgwriter', 'counter', '', ['checkpoints_timed_total', 'checkpoints_req_total', 'checkpoint_write_time_total']),
  ...on('pg_stat_bgwriter', 'counter', '', ['checkpoint_sync_time_total', 'buffers_checkpoint_total', 'buffers_backend_total']),
  ...on('pg_stat_bgwriter', 'counter', '', [
    'buffers_backend_fsync_total',
    'buffers_clean_total',
    'maxwritten_clean_total',
    'buffers_alloc_total',
    'stats_reset_total'
  ]),
  ...on('pg_stat_checkpointer', 'counter', '', [
    'num_timed_total',
    'num_requested_total',
    'restartpoints_timed_total',
    'restartpoints_req_total'
  ]),
  ...on('pg_stat_checkpointer', 'counter', '', [
    'restartpoints_done_total',
    'write_time_total',
    'sync_time_total',
    'buffers_written_total',
    'stats_reset_total'
  ]),
  ...on('pg_stat_database', 'gauge', 'datname', ['numbackends']),
  ...on('pg_stat_database', 'counter', 'datname', ['xact_commit', 'xact_rollback', 'blks_read', 'blks_hit', 'tup_returned', 'tup_fetched']),
  ...on('pg_stat_database', 'counter', 'datname', [
    'tup_inserted',
    'tup_updated',
    'tup_deleted',
    'conflicts',
    'temp_files',
    'temp_bytes',
    'deadlocks'
  ]),
  ...on('pg_stat_database', 'counter', 'datname', ['blk_read_time', 'blk_write_time', 'stats_reset', 'active_time_seconds_total']),
  ...on('pg_stat_database_conflicts', 'counter', 'datname', [
    'confl_tablespace',
    'confl_lock',
    'confl_snapshot',
    'confl_bufferpin',
    'confl_deadlock'
  ]),
  ...on('pg_stat_database_conflicts', 'untyped', 'datname', ['confl_active_logicalslot']),
  ...on('pg_stat_progress_vacuum', 'gauge', 'datname,relname,phase', ['phase']),
  ...on('pg_stat_progress_vacuum', 'gauge', 'datname,relname', ['heap_blks', 'heap_blks_scanned', 'heap_blks_vacuumed', 'index_vacuums']),
  ...on('pg_stat_progress_vacuum', 'gauge', 'datname,relname', ['max_dead_tuples', 'num_dead_tuples']),
  ...on('pg_stat_replication', 'gauge', 'application_name,client_addr,state,slot_name', ['pg_current_wal_lsn_bytes', 'pg_wal_lsn_diff']),
  ...on('pg_stat_user_tables', 'counter', 'datname,schemaname,relname', [
    'seq_scan',
    'seq_tup_read',
    'idx_scan',
    'idx_tup_fetch',
    'n_tup_ins',
    'n_tup_upd'
  ]),
  ...on('pg_stat_user_tables', 'counter', 'datname,schemaname,relname', [
    'n_tup_del',
    'n_tup_hot_upd',
    'vacuum_count',
    'autovacuum_count',
    'analyze_count'
  ]),
  ...on('pg_stat_user_tables', 'counter', 'datname,schemaname,relname', ['autoanalyze_count']),
  ...on('pg_stat_user_tables', 'gauge', 'datname,schemaname,relname', [
    'n_live_tup',
    'n_dead_tup',
    'n_mod_since_analyze',
    'last_vacuum',
    'last_autovacuum'
  ]),
  ...on('pg_stat_user_tables', 'gauge', 'datname,schemaname,relname', [
    'last_analyze',
    'last_autoanalyze',
    'index_size_bytes',
    'table_size_bytes'
  ]),
  ...on('pg_statio_user_tables', 'counter', 'datname,schemaname,relname', [
    'heap_blocks_read',
    'heap_blocks_hit',
    'idx_blocks_read',
    'idx_blocks_hit'
  ]),
  ...on('pg_statio_user_tables', 'counter', 'datname,schemaname,relname', [
    'toast_blocks_read',
    'toast_blocks_hit',
    'tidx_blocks_read',
    'tidx_blocks_hit'
  ]),
  ...on('pg_wal', 'gauge', '', ['segments', 'size_bytes']),
  ...on('pg', 'untyped', 'version,short_version', ['static']),
  ...on('pg_buffercache_summary', 'gauge', '', ['buffers_used', 'buffers_unused', 'buffers_dirty', 'buffers_pinned', 'usagecount_avg']),
  ...on('pg_database_wraparound', 'gauge', 'datname', ['age_datfrozenxid_seconds', 'age_datminmxid_seconds']),
  ...on('pg', 'gauge', '', [
    'long_running_transactions',
    'long_running_transactions_oldest_timestamp_seconds',
    'postmaster_start_time_seconds'
  ]),
  ...on('pg_stat_activity_autovacuum', 'gauge', 'relname', ['timestamp_seconds']),
  ...on('pg_stat_statements', 'counter', 'user,datname,queryid', [
    'calls_total',
    'seconds_total',
    'rows_total',
    'block_read_seconds_total',
    'block_write_seconds_total'
  ]),
  ...on('pg_stat_wal_receiver', 'counter', 'upstream_host,slot_name,status', ['receive_start_lsn', 'flushed_lsn', 'last_msg_send_time']),
  ...on('pg_stat_wal_receiver', 'counter', 'upstream_host,slot_name,status', [
    'last_msg_receipt_time',
    'latest_end_lsn',
    'latest_end_time'
  ]),
  ...on('pg_stat_wal_receiver', 'gauge', 'upstream_host,slot_name,status', ['receive_start_tli', 'received_tli', 'upstream_node']),
  ...on('pg_statio_user_indexes', 'counter', 'schemaname,relname,indexrelname', ['idx_blks_read_total', 'idx_blks_hit_total'])
]

function on(prefix: string, type: string, labels: string, columns: readonly string[]): readonly string[] {
  return columns.map((column) => `${prefix}_${column} ${type} ${labels}`)
}
