const setting = <Unit extends string>(unit: Unit) => ({ type: 'gauge', unit, labels: ['server'] }) as const

/** The metrics of `pg_settings_*` that rules and panels use. The names of all of them come from the server. */
export const serverSettings = {
  pg_settings_max_connections: setting('none'),
  pg_settings_superuser_reserved_connections: setting('none'),
  // Since PostgreSQL 16.
  pg_settings_reserved_connections: setting('none'),
  pg_settings_max_locks_per_transaction: setting('none'),
  pg_settings_max_prepared_transactions: setting('none'),
  pg_settings_max_wal_size_bytes: setting('bytes'),
  pg_settings_min_wal_size_bytes: setting('bytes'),
  pg_settings_wal_keep_size_bytes: setting('bytes'),
  pg_settings_max_slot_wal_keep_size_bytes: setting('bytes'),
  pg_settings_wal_segment_size_bytes: setting('bytes'),
  pg_settings_recovery_min_apply_delay_seconds: setting('seconds'),
  pg_settings_autovacuum: setting('none'),
  pg_settings_autovacuum_max_workers: setting('none'),
  pg_settings_autovacuum_freeze_max_age: setting('none'),
  pg_settings_autovacuum_multixact_freeze_max_age: setting('none'),
  // Since PostgreSQL 14.
  pg_settings_vacuum_failsafe_age: setting('none'),
  pg_settings_vacuum_multixact_failsafe_age: setting('none'),
  pg_settings_default_transaction_read_only: setting('none'),
  pg_settings_shared_buffers_bytes: setting('bytes'),
  pg_settings_effective_cache_size_bytes: setting('bytes'),
  pg_settings_work_mem_bytes: setting('bytes'),
  pg_settings_maintenance_work_mem_bytes: setting('bytes'),
  pg_settings_max_worker_processes: setting('none'),
  pg_settings_max_parallel_workers: setting('none'),
  pg_settings_checkpoint_timeout_seconds: setting('seconds'),
  pg_settings_checkpoint_completion_target: setting('none'),
  pg_settings_track_io_timing: setting('none'),
  pg_settings_block_size: setting('bytes')
} as const
