-- What writes to the WAL have cost, from pg_stat_wal.
--
-- scope:    server
-- interval: 15s
--
-- counter records_total: WAL records made.
-- counter fpi_total: Full-page images made.
-- counter bytes_total: Bytes of WAL made.
-- counter buffers_full_total: Times WAL was written because the WAL buffers were full.
-- counter writes_total: Times WAL buffers were written out.
-- counter syncs_total: Times WAL files were synced.
-- counter write_seconds_total: Time spent writing WAL buffers out; absent without track_wal_io_timing.
-- counter sync_seconds_total: Time spent syncing WAL files; absent without track_wal_io_timing.
-- gauge   stats_reset_timestamp_seconds: When these statistics were last reset, as a Unix time; absent if never.
select
  w.wal_records as records_total,
  w.wal_fpi as fpi_total,
  w.wal_bytes as bytes_total,
  w.wal_buffers_full as buffers_full_total,
  w.wal_write as writes_total,
  w.wal_sync as syncs_total,
  t.is_timed * w.wal_write_time / 1000 as write_seconds_total,
  t.is_timed * w.wal_sync_time / 1000 as sync_seconds_total,
  extract(epoch from w.stats_reset)::float8 as stats_reset_timestamp_seconds
from pg_catalog.pg_stat_wal as w
-- Null where nothing was measured: then 0 would be a lie.
cross join lateral (
  select
    case when w.wal_write_time + w.wal_sync_time > 0 or (
        pg_catalog.current_setting('track_wal_io_timing') = 'on'
        -- Where it is set for one database or role alone, our session's value says nothing of the others.
        and not exists (select from pg_catalog.pg_db_role_setting as o where o.setconfig::text like '%track_wal_io_timing=%')
      ) then 1 end::float8 as is_timed
) as t;
