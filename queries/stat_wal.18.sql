-- WAL generation and writes, from pg_stat_wal and, for writes and syncs, pg_stat_io (PostgreSQL 18).
--
-- scope:    server
-- interval: 15s
--
-- counter records_total: WAL records generated.
-- counter fpi_total: WAL full-page images generated.
-- counter bytes_total: Bytes of WAL generated.
-- counter buffers_full_total: Times WAL data was written to disk because the WAL buffers were full.
-- counter writes_total: Times WAL buffers were written to disk.
-- counter syncs_total: Times WAL files were synchronized to disk.
-- counter write_seconds_total: Time spent writing WAL buffers to disk; absent without track_wal_io_timing.
-- counter sync_seconds_total: Time spent synchronizing WAL files to disk; absent without track_wal_io_timing.
-- gauge   stats_reset_timestamp_seconds: Time at which these statistics were last reset, as a Unix timestamp; absent if
--    never.
select
  w.wal_records as records_total,
  w.wal_fpi as fpi_total,
  w.wal_bytes as bytes_total,
  w.wal_buffers_full as buffers_full_total,
  io.writes as writes_total,
  io.fsyncs as syncs_total,
  t.is_timed * io.write_time / 1000 as write_seconds_total,
  t.is_timed * io.fsync_time / 1000 as sync_seconds_total,
  extract(epoch from w.stats_reset)::float8 as stats_reset_timestamp_seconds
from pg_catalog.pg_stat_wal as w
cross join (
  -- Only what pg_stat_wal counted up to PostgreSQL 17: new segments (context init) and writes of WAL receivers are excluded.
  select
    pg_catalog.sum(i.writes) as writes,
    pg_catalog.sum(i.fsyncs) as fsyncs,
    pg_catalog.sum(i.write_time) as write_time,
    pg_catalog.sum(i.fsync_time) as fsync_time
  from pg_catalog.pg_stat_io as i
  where i.object = 'wal' and i.context = 'normal' and i.backend_type not in ('walreceiver', 'standalone backend')
) as io
-- 1, or null for times that are not measured, because 0 would be false. If there is a database-specific or role-specific
-- setting, sessions differ, and only a time above 0 is certainly measured.
cross join lateral (
  select
    case
      when case
          when not exists (
              select
              from pg_catalog.pg_db_role_setting as o
              cross join lateral pg_catalog.unnest(o.setconfig) as c (entry)
              where c.entry like 'track_wal_io_timing=%'
            )
            then pg_catalog.current_setting('track_wal_io_timing')::bool
          else io.write_time + io.fsync_time > 0
        end
        then 1
    end::float8 as is_timed
) as t;
