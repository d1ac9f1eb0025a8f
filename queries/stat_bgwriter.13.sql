-- Background writer and checkpoints, from pg_stat_bgwriter (PostgreSQL 16 and older).
--
-- scope:    server
-- interval: 15s
--
-- counter checkpoints_timed_total: Checkpoints scheduled by checkpoint_timeout, including skipped ones; before PostgreSQL 17
--    also restartpoints on a standby.
-- counter checkpoints_req_total: Checkpoints requested by WAL volume or by a command; before PostgreSQL 17 also restartpoints
--    on a standby.
-- counter checkpoint_write_time_total: Milliseconds spent writing files during checkpoints and restartpoints.
-- counter checkpoint_sync_time_total: Milliseconds spent synchronizing files to disk during checkpoints and restartpoints.
-- counter buffers_checkpoint_total: Buffers written during checkpoints and restartpoints.
-- counter buffers_clean_total: Buffers written by the background writer.
-- counter maxwritten_clean_total: Cleaning scans that the background writer stopped because it had written too many buffers
--    (bgwriter_lru_maxpages).
-- counter buffers_backend_total: Buffers written directly by backends; absent from PostgreSQL 17 on.
-- counter buffers_backend_fsync_total: Calls of fsync by backends, which the background writer normally makes; absent from
--    PostgreSQL 17 on.
-- counter buffers_alloc_total: Buffers allocated.
-- counter stats_reset_total: Time at which these statistics were last reset, as a Unix timestamp; absent if never.
-- gauge   stats_reset_timestamp_seconds: Time at which these statistics were last reset, as a Unix timestamp; absent if
--    never.
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
