-- The background writer and, up to PostgreSQL 16, the checkpoints, from pg_stat_bgwriter.
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
-- counter buffers_backend_total: Buffers written by backends themselves.
-- counter buffers_backend_fsync_total: Times a backend had to call fsync itself.
-- counter buffers_alloc_total: Buffers allocated.
-- counter stats_reset_total: When these statistics were last reset, as a Unix time; absent if never.
-- gauge   stats_reset_timestamp_seconds: When these statistics were last reset, as a Unix time; absent if never.
select
  b.checkpoints_timed as checkpoints_timed_total,
  b.checkpoints_req as checkpoints_req_total,
  b.checkpoint_write_time as checkpoint_write_time_total,
  b.checkpoint_sync_time as checkpoint_sync_time_total,
  b.buffers_checkpoint as buffers_checkpoint_total,
  b.buffers_clean as buffers_clean_total,
  b.maxwritten_clean as maxwritten_clean_total,
  b.buffers_backend as buffers_backend_total,
  b.buffers_backend_fsync as buffers_backend_fsync_total,
  b.buffers_alloc as buffers_alloc_total,
  extract(epoch from b.stats_reset)::float8 as stats_reset_total,
  extract(epoch from b.stats_reset)::float8 as stats_reset_timestamp_seconds
from pg_catalog.pg_stat_bgwriter as b;
