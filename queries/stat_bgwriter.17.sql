-- The background writer from pg_stat_bgwriter, and the inherited names of what moved to pg_stat_checkpointer in 17.
--
-- scope:    server
-- interval: 15s
--
-- counter checkpoints_timed_total: Checkpoints begun because checkpoint_timeout had passed.
-- counter checkpoints_req_total: Checkpoints begun because they were asked for, by WAL volume or by command.
-- counter checkpoint_write_time_total: Milliseconds spent writing files during checkpoints.
-- counter checkpoint_sync_time_total: Milliseconds spent syncing files during checkpoints.
-- counter buffers_checkpoint_total: Buffers written by checkpoints.
-- counter buffers_clean_total: Buffers written by the background writer.
-- counter maxwritten_clean_total: Times the background writer stopped because it had written too many buffers.
-- counter buffers_alloc_total: Buffers allocated.
-- counter stats_reset_total: When these statistics were last reset, as a Unix time; absent if never.
-- gauge   stats_reset_timestamp_seconds: When these statistics were last reset, as a Unix time; absent if never.
select
  c.num_timed as checkpoints_timed_total,
  c.num_requested as checkpoints_req_total,
  c.write_time as checkpoint_write_time_total,
  c.sync_time as checkpoint_sync_time_total,
  c.buffers_written as buffers_checkpoint_total,
  b.buffers_clean as buffers_clean_total,
  b.maxwritten_clean as maxwritten_clean_total,
  b.buffers_alloc as buffers_alloc_total,
  extract(epoch from b.stats_reset)::float8 as stats_reset_total,
  extract(epoch from b.stats_reset)::float8 as stats_reset_timestamp_seconds
from pg_catalog.pg_stat_bgwriter as b
cross join pg_catalog.pg_stat_checkpointer as c;
