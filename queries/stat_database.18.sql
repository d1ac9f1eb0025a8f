-- Activity of each database, from pg_stat_database, with the parallel workers that PostgreSQL 18 added.
--
-- scope:    server
-- interval: 15s
--
-- label   datname
-- gauge   numbackends: Backends connected to the database now.
-- counter xact_commit: Transactions committed.
-- counter xact_rollback: Transactions rolled back.
-- counter blks_read: Blocks read from below shared buffers; the operating system may have had them.
-- counter blks_hit: Blocks found in shared buffers.
-- counter tup_returned: Live rows read by sequential scans, and index entries returned by index scans.
-- counter tup_fetched: Live rows fetched by index scans.
-- counter tup_inserted: Rows inserted.
-- counter tup_updated: Rows updated.
-- counter tup_deleted: Rows deleted.
-- counter conflicts: Queries cancelled by conflicts with recovery; only on standbys.
-- counter temp_files: Temporary files made by queries.
-- counter temp_bytes: Bytes written to temporary files.
-- counter deadlocks: Deadlocks found.
-- counter blk_read_time: Milliseconds spent reading blocks; absent without track_io_timing.
-- counter blk_write_time: Milliseconds spent writing blocks; absent without track_io_timing.
-- counter blk_read_seconds_total: Time spent reading blocks; absent without track_io_timing.
-- counter blk_write_seconds_total: Time spent writing blocks; absent without track_io_timing.
-- counter stats_reset: When these statistics were last reset, as a Unix time; absent if never.
-- counter checksum_failures_total: Pages whose checksum was found to be wrong; absent without data checksums.
-- gauge   checksum_last_failure_timestamp_seconds: When a page with a wrong checksum was last found, as a Unix time;
--    absent if never.
-- counter active_time_seconds_total: Time spent executing statements; absent without track_activities.
-- counter session_time_seconds_total: Time that sessions were connected.
-- counter idle_in_transaction_time_seconds_total: Time that sessions idled in a transaction; absent without
--    track_activities.
-- counter sessions_total: Sessions begun.
-- counter sessions_abandoned_total: Sessions ended by the loss of the connection to the client.
-- counter sessions_fatal_total: Sessions ended by a fatal error.
-- counter sessions_killed_total: Sessions ended by an operator, as with pg_terminate_backend().
-- counter parallel_workers_to_launch_total: Parallel workers that queries planned to launch.
-- counter parallel_workers_launched_total: Parallel workers that were launched.
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
  d.sessions_killed as sessions_killed_total,
  d.parallel_workers_to_launch as parallel_workers_to_launch_total,
  d.parallel_workers_launched as parallel_workers_launched_total
from pg_catalog.pg_stat_database as d
-- Null where nothing was measured: then 0 would be a lie.
cross join lateral (
  select
    case when d.blk_read_time + d.blk_write_time > 0 or (
        pg_catalog.current_setting('track_io_timing') = 'on'
        -- Where it is set for one database or role alone, our session's value says nothing of the others.
        and not exists (select from pg_catalog.pg_db_role_setting as o where o.setconfig::text like '%track_io_timing=%')
      ) then 1 end::float8 as is_timed,
    case when d.active_time > 0 or pg_catalog.current_setting('track_activities') = 'on' then 1 end::float8 as is_tracked
) as t
-- The row without a name counts the shared catalogs.
where d.datname is not null;
