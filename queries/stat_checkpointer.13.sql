-- Checkpoints, from pg_stat_bgwriter (PostgreSQL 16 and older).
--
-- scope:    server
-- interval: 15s
--
-- counter num_timed_total: Checkpoints scheduled by checkpoint_timeout, including skipped ones; absent on a standby before
--    PostgreSQL 17.
-- counter num_requested_total: Checkpoints requested by WAL volume or by a command; absent on a standby before PostgreSQL 17.
-- counter write_time_total: Milliseconds spent writing files during checkpoints and restartpoints.
-- counter sync_time_total: Milliseconds spent synchronizing files to disk during checkpoints and restartpoints.
-- counter write_seconds_total: Time spent writing files during checkpoints and restartpoints.
-- counter sync_seconds_total: Time spent synchronizing files to disk during checkpoints and restartpoints.
-- counter buffers_written_total: Buffers written during checkpoints and restartpoints.
-- counter stats_reset_total: Time at which these statistics were last reset, as a Unix timestamp; absent if never.
-- gauge   stats_reset_timestamp_seconds: Time at which these statistics were last reset, as a Unix timestamp; absent if
--    never.
select
  -- On a standby, these columns count restartpoints.
  case when not pg_catalog.pg_is_in_recovery() then b.checkpoints_timed end as num_timed_total,
  case when not pg_catalog.pg_is_in_recovery() then b.checkpoints_req end as num_requested_total,
  b.checkpoint_write_time as write_time_total,
  b.checkpoint_sync_time as sync_time_total,
  b.checkpoint_write_time / 1000 as write_seconds_total,
  b.checkpoint_sync_time / 1000 as sync_seconds_total,
  b.buffers_checkpoint as buffers_written_total,
  extract(epoch from b.stats_reset)::float8 as stats_reset_total,
  extract(epoch from b.stats_reset)::float8 as stats_reset_timestamp_seconds
from pg_catalog.pg_stat_bgwriter as b;
