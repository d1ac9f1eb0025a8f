-- The last checkpoint and how much WAL a crash would have to replay, from pg_control_checkpoint().
--
-- scope:    server
-- interval: 15s
--
-- gauge timestamp_seconds: When the last complete checkpoint began, as a Unix time; on a standby the one restarts begin at.
-- gauge age_seconds: Seconds since the last complete checkpoint began.
-- gauge wal_since_redo_bytes: Bytes of WAL since the last checkpoint's redo position, which recovery would replay.
select
  extract(epoch from c.checkpoint_time)::float8 as timestamp_seconds,
  -- A standby knows it by the primary's clock.
  greatest(0, extract(epoch from pg_catalog.clock_timestamp() - c.checkpoint_time))::float8 as age_seconds,
  (p.position - c.redo_lsn)::float8 as wal_since_redo_bytes
from pg_catalog.pg_control_checkpoint() as c
cross join (
  select case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn() end as position
) as p;
