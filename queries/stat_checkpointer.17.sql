-- Checkpoints and restartpoints, from pg_stat_checkpointer.
--
-- scope:    server
-- interval: 15s
--
-- counter num_timed_total: Checkpoints that checkpoint_timeout asked for, skipped ones included.
-- counter num_requested_total: Checkpoints asked for by WAL volume or by command.
-- counter restartpoints_timed_total: Restartpoints that checkpoint_timeout asked for.
-- counter restartpoints_req_total: Restartpoints asked for otherwise.
-- counter restartpoints_done_total: Restartpoints made.
-- counter write_time_total: Milliseconds spent writing files during checkpoints and restartpoints.
-- counter sync_time_total: Milliseconds spent syncing files during checkpoints and restartpoints.
-- counter write_seconds_total: Time spent writing files during checkpoints and restartpoints.
-- counter sync_seconds_total: Time spent syncing files during checkpoints and restartpoints.
-- counter buffers_written_total: Buffers written by checkpoints and restartpoints.
-- counter stats_reset_total: When these statistics were last reset, as a Unix time; absent if never.
-- gauge   stats_reset_timestamp_seconds: When these statistics were last reset, as a Unix time; absent if never.
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
  extract(epoch from c.stats_reset)::float8 as stats_reset_timestamp_seconds
from pg_catalog.pg_stat_checkpointer as c;
