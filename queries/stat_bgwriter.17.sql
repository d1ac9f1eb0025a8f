-- Background writer, from pg_stat_bgwriter, and the names of postgres_exporter for statistics that moved to
-- pg_stat_checkpointer in PostgreSQL 17.
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
-- counter buffers_alloc_total: Buffers allocated.
-- counter stats_reset_total: Time at which these statistics were last reset, as a Unix timestamp; absent if never.
-- gauge   stats_reset_timestamp_seconds: Time at which these statistics were last reset, as a Unix timestamp; absent if
--    never.
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
