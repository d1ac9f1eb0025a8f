-- The last checkpoint and the WAL that crash recovery would replay, from pg_control_checkpoint().
--
-- scope:    server
-- interval: 15s
--
-- gauge timestamp_seconds: Time at which the last completed checkpoint began, as a Unix timestamp; on a standby, the
--    checkpoint of the last restartpoint.
-- gauge age_seconds: Seconds since the last completed checkpoint began; on a standby, the checkpoint of the last
--    restartpoint.
-- gauge wal_since_redo_bytes: WAL since the redo position of the last checkpoint, which crash recovery would have to replay.
select
  extract(epoch from c.checkpoint_time)::float8 as timestamp_seconds,
  -- On a standby, this time comes from the primary's clock.
  extract(epoch from greatest(pg_catalog.clock_timestamp(), c.checkpoint_time) - c.checkpoint_time)::float8 as age_seconds,
  (p.position - c.redo_lsn)::float8 as wal_since_redo_bytes
from pg_catalog.pg_control_checkpoint() as c
cross join (
  select case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn() end as position
) as p;
