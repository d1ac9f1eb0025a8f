-- Checkpoints and restartpoints, from pg_stat_checkpointer, with completed checkpoints and SLRU buffers (PostgreSQL 18).
--
-- scope:    server
-- interval: 15s
--
-- counter num_timed_total: Checkpoints scheduled by checkpoint_timeout, including skipped ones; absent on a standby before
--    PostgreSQL 17.
-- counter num_requested_total: Checkpoints requested by WAL volume or by a command; absent on a standby before PostgreSQL 17.
-- counter restartpoints_timed_total: Restartpoints scheduled by checkpoint_timeout, including skipped ones; absent before
--    PostgreSQL 17.
-- counter restartpoints_req_total: Restartpoints requested by WAL volume or by a command, including skipped ones; absent
--    before PostgreSQL 17.
-- counter restartpoints_done_total: Restartpoints performed; absent before PostgreSQL 17.
-- counter write_time_total: Milliseconds spent writing files during checkpoints and restartpoints.
-- counter sync_time_total: Milliseconds spent synchronizing files to disk during checkpoints and restartpoints.
-- counter write_seconds_total: Time spent writing files during checkpoints and restartpoints.
-- counter sync_seconds_total: Time spent synchronizing files to disk during checkpoints and restartpoints.
-- counter buffers_written_total: Buffers written during checkpoints and restartpoints.
-- counter stats_reset_total: Time at which these statistics were last reset, as a Unix timestamp; absent if never.
-- gauge   stats_reset_timestamp_seconds: Time at which these statistics were last reset, as a Unix timestamp; absent if
--    never.
-- counter num_done_total: Checkpoints performed; absent before PostgreSQL 18.
-- counter slru_written_total: SLRU buffers written during checkpoints and restartpoints; absent before PostgreSQL 18.
select
  c.num_timed as num_timed_total,
  c.num_requested as num_requested_total,
  c.restartpoints_timed as restartpoints_timed_total,
  c.restartpoints_req as restartpoints_req_total,
  c.restartpoints_done as restartpoints_done_total,
  c.write_time as write_time_total,
  c.sync_time as sync_time_total,
  c.write_time / 1000 as write_seconds_total,
  c.sync_time / 1000 as sync_seconds_total,
  c.buffers_written as buffers_written_total,
  extract(epoch from c.stats_reset)::float8 as stats_reset_total,
  extract(epoch from c.stats_reset)::float8 as stats_reset_timestamp_seconds,
  c.num_done as num_done_total,
  c.slru_written as slru_written_total
from pg_catalog.pg_stat_checkpointer as c;
