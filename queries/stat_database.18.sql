-- Activity of each database, from pg_stat_database, with session statistics (PostgreSQL 14) and parallel workers (PostgreSQL
-- 18).
--
-- scope:    server
-- interval: 15s
--
-- label   datname
-- detail: minimal
-- counter xact_commit: Transactions committed.
-- counter xact_rollback: Transactions rolled back.
-- counter blks_read: Blocks not found in shared buffers; they may have been read from the cache of the operating system;
--    absent without track_counts.
-- counter blks_hit: Blocks found in shared buffers; absent without track_counts.
-- gauge   checksum_last_failure_timestamp_seconds: Time at which a data page checksum failure was last detected, as a Unix
--    timestamp; absent if never.
-- detail: standard
-- gauge   numbackends: Backends connected to the database.
-- counter tup_returned: Live rows fetched by sequential scans, and index entries returned by index scans; absent without
--    track_counts.
-- counter tup_fetched: Live rows fetched by index scans; absent without track_counts.
-- counter tup_inserted: Rows inserted; absent without track_counts and on a standby.
-- counter tup_updated: Rows updated; absent without track_counts and on a standby.
-- counter tup_deleted: Rows deleted; absent without track_counts and on a standby.
-- counter conflicts: Queries canceled due to conflicts with recovery; counted only on a standby; absent without
--    track_counts.
-- counter temp_files: Temporary files created by queries; absent without track_counts.
-- counter temp_bytes: Bytes written to temporary files; absent without track_counts.
-- counter deadlocks: Deadlocks detected; absent without track_counts.
-- counter blk_read_time: Milliseconds that backends spent reading data file blocks; absent without track_io_timing.
-- counter blk_write_time: Milliseconds that backends spent writing data file blocks; absent without track_io_timing.
-- counter blk_read_seconds_total: Time that backends spent reading data file blocks; absent without track_io_timing.
-- counter blk_write_seconds_total: Time that backends spent writing data file blocks; absent without track_io_timing.
-- counter stats_reset: Time at which these statistics were last reset, as a Unix timestamp; absent if never.
-- counter checksum_failures_total: Data page checksum failures detected in the database; absent if data checksums are
--    disabled.
-- counter active_time_seconds_total: Time spent executing statements; absent without track_activities and before PostgreSQL
--    14.
-- counter idle_in_transaction_time_seconds_total: Time that sessions were idle in a transaction; absent without
--    track_activities and before PostgreSQL 14.
-- counter sessions_total: Sessions established; absent before PostgreSQL 14.
-- counter sessions_abandoned_total: Sessions terminated because the connection to the client was lost; absent before
--    PostgreSQL 14.
-- counter sessions_fatal_total: Sessions terminated by fatal errors; absent before PostgreSQL 14.
-- counter sessions_killed_total: Sessions terminated by operator intervention, such as pg_terminate_backend(); absent before
--    PostgreSQL 14.
-- detail: full
-- counter session_time_seconds_total: Time that sessions were connected, updated when the state of a session changes; absent
--    before PostgreSQL 14.
-- counter parallel_workers_to_launch_total: Parallel workers that queries planned to launch; absent before PostgreSQL 18.
-- counter parallel_workers_launched_total: Parallel workers launched; absent before PostgreSQL 18.

-- The tracking settings in the sessions of each database: the database-specific value or that of the server. If our role or
-- database sets another value, that of the server is not visible, and PostgreSQL's default is assumed.
with override as materialized (
  select
    r.setdatabase,
    r.setrole,
    pg_catalog.split_part(c.entry, '=', 1) as name,
    pg_catalog.split_part(c.entry, '=', 2)::bool as is_on
  from pg_catalog.pg_db_role_setting as r
  cross join lateral pg_catalog.unnest(r.setconfig) as c (entry)
  where (r.setdatabase, r.setrole) <> (0, 0) and pg_catalog.split_part(c.entry, '=', 1) in ('track_activities', 'track_counts', 'track_io_timing')
),
setting as materialized (
  select
    v.name,
    case
      when exists (
          select
          from override as o
          join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database() and o.setdatabase in (0, d.oid)
          join pg_catalog.pg_roles as u on u.rolname = session_user and o.setrole in (0, u.oid)
          where o.name = v.name
        )
        then v.by_default
      else pg_catalog.current_setting(v.name)::bool
    end as is_on
  from (values ('track_activities', true), ('track_counts', true), ('track_io_timing', false)) as v (name, by_default)
),
tracking as materialized (
  select
    d.oid as datid,
    s.name,
    coalesce(pg_catalog.bool_or(o.is_on) filter (where o.setrole = 0), s.is_on) as is_on,
    -- A setting of our role affects only our own sessions.
    coalesce(pg_catalog.bool_or(o.setrole not in (0, u.oid)), false) as varies
  from setting as s
  cross join pg_catalog.pg_database as d
  join pg_catalog.pg_roles as u on u.rolname = session_user
  left join override as o on o.name = s.name and o.setdatabase in (0, d.oid)
  group by d.oid, s.name, s.is_on
)
select
  d.datname,
  d.numbackends,
  d.xact_commit,
  d.xact_rollback,
  t.is_counted * d.blks_read as blks_read,
  t.is_counted * d.blks_hit as blks_hit,
  t.is_counted * d.tup_returned as tup_returned,
  t.is_counted * d.tup_fetched as tup_fetched,
  t.is_changed * d.tup_inserted as tup_inserted,
  t.is_changed * d.tup_updated as tup_updated,
  t.is_changed * d.tup_deleted as tup_deleted,
  t.is_counted * d.conflicts as conflicts,
  t.is_counted * d.temp_files as temp_files,
  t.is_counted * d.temp_bytes as temp_bytes,
  t.is_counted * d.deadlocks as deadlocks,
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
-- 1, or null for values that are not measured, because 0 would be false. If there is a role-specific setting, only a value
-- above 0 is certainly measured.
cross join lateral (
  select
    case when pg_catalog.bool_or(k.is_on) filter (where k.name = 'track_counts') then 1 end as is_counted,
    -- A standby does not count replayed changes.
    case when pg_catalog.bool_or(k.is_on) filter (where k.name = 'track_counts') and not pg_catalog.pg_is_in_recovery() then 1 end as is_changed,
    case when pg_catalog.bool_or(k.is_on or k.varies and d.active_time > 0) filter (where k.name = 'track_activities') then 1 end::float8 as is_tracked,
    case
      when pg_catalog.bool_or(k.is_on or k.varies and d.blk_read_time + d.blk_write_time > 0) filter (where k.name = 'track_io_timing')
        then 1
    end::float8 as is_timed
  from tracking as k
  where k.datid = d.datid
) as t
-- The row without datname is for shared objects.
where d.datname is not null;
