-- Use of shared buffers, from the extension pg_buffercache. The function reads all buffer headers without locking them.
--
-- scope:    server
-- detail:   full
-- interval: 1m
-- requires: capability pg_monitor
-- requires: pg_buffercache >= 1.4
--
-- gauge buffers_used: Shared buffers in use.
-- gauge buffers_unused: Shared buffers not in use.
-- gauge buffers_dirty: Shared buffers with a modified page that has not been written yet.
-- gauge buffers_pinned: Shared buffers pinned by a backend.
-- gauge usagecount_avg: Average usage count of the shared buffers in use, from 0 to 5.
select
  b.buffers_used,
  b.buffers_unused,
  b.buffers_dirty,
  b.buffers_pinned,
  b.usagecount_avg
from public.pg_buffercache_summary() as b;
