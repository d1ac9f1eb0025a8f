-- Activity of each database, from pg_stat_database, with session statistics (PostgreSQL 14).
--
-- scope:    server
-- interval: 15s
--
-- label   datname
-- gauge   numbackends: Backends connected to the database.
-- counter xact_commit: Transactions committed.
-- counter xact_rollback: Transactions rolled back.
-- counter blks_read: Blocks not found in shared buffers; they may have been read from the cache of the operating system.
-- counter blks_hit: Blocks found in shared buffers.
-- counter tup_returned: Live rows fetched by sequential scans, and index entries returned by index scans.
-- counter tup_fetched: Live rows fetched by index scans.
-- counter tup_inserted: Rows inserted.
-- counter tup_updated: Rows updated.
-- counter tup_deleted: Rows deleted.
-- counter conflicts: Queries canceled due to conflicts with recovery; counted on a standby only.
-- counter temp_files: Temporary files created by queries.
-- counter temp_bytes: Bytes written to temporary files.
-- counter deadlocks: Deadlocks detected.
-- counter blk_read_time: Milliseconds that backends spent reading data file blocks; absent without track_io_timing.
-- counter blk_write_time: Milliseconds that backends spent writing data file blocks; absent without track_io_timing.
-- counter blk_read_seconds_total: Time that backends spent reading data file blocks; absent without track_io_timing.
-- counter blk_write_seconds_total: Time that backends spent writing data file blocks; absent without track_io_timing.
-- counter stats_reset: Time at which these statistics were last reset, as a Unix timestamp; absent if never.
-- counter checksum_failures_total: Data page checksum failures detected in the database; absent if data checksums are
--    disabled.
-- gauge   checksum_last_failure_timestamp_seconds: Time at which a data page checksum failure was last detected, as a Unix
--    timestamp; absent if never.
-- counter active_time_seconds_total: Time spent executing statements; absent without track_activities and before PostgreSQL
--    14.
-- counter session_time_seconds_total: Time that sessions were connected, updated when the state of a session changes; absent
--    before PostgreSQL 14.
-- counter idle_in_transaction_time_seconds_total: Time that sessions were idle in a transaction; absent without
--    track_activities and before PostgreSQL 14.
-- counter sessions_total: Sessions established; absent before PostgreSQL 14.
-- counter sessions_abandoned_total: Sessions terminated because the connection to the client was lost; absent before
--    PostgreSQL 14.
-- counter sessions_fatal_total: Sessions terminated by fatal errors; absent before PostgreSQL 14.
-- counter sessions_killed_total: Sessions terminated by operator intervention, such as pg_terminate_backend(); absent before
--    PostgreSQL 14.
select
  d.datname,
  d.numbackends,
  d.xact_commit,
  d.xact_rollback,
  d.blks_read,
  d.blks_hit,
  d.tup_returned,
  d.tup_fetched,
  d.tup_inserted,
  d.tup_updated,
  d.tup_deleted,
  d.conflicts,
  d.temp_files,
  d.temp_bytes,
  d.deadlocks,
  t.is_timed * d.blk_read_time as blk_read_time,
  t.is_timed * d.blk_write_time as blk_write_time,
  t.is_timed * d.blk_read_time / 1000 as blk_read_seconds_total,
  t.is_timed * d.blk_write_time / 1000 as blk_write_seconds_total,
  extract(epoch from d.stats_reset)::float8 as stats_reset,
  d.checksum_failures as checksum_failures_total,
  extract(epoch from d.checksum_last_failure)::float8 as checksum_last_failure_timestamp_seconds,
  t.is_tracked * d.active_time / 1000 as active_time_seconds_total,
  d.session_time / 1000 as session_time_seconds_total,
  t.is_tracked * d.idle_in_transaction_time / 1000 as idle_in_transaction_time_seconds_total,
  d.sessions as sessions_total,
  d.sessions_abandoned as sessions_abandoned_total,
  d.sessions_fatal as sessions_fatal_total,
  d.sessions_killed as sessions_killed_total
from pg_catalog.pg_stat_database as d
-- Null if not measured: 0 would be a false value.
cross join lateral (
  select
    case when d.blk_read_time + d.blk_write_time > 0 or (
        pg_catalog.current_setting('track_io_timing') = 'on'
        -- The setting of a single database or role is not visible in our session.
        and not exists (select from pg_catalog.pg_db_role_setting as o where o.setconfig::text like '%track_io_timing=%')
      ) then 1 end::float8 as is_timed,
    case when d.active_time > 0 or pg_catalog.current_setting('track_activities') = 'on' then 1 end::float8 as is_tracked
) as t
-- The row without datname is for shared objects.
where d.datname is not null;
