-- How much of the shared buffers is in use, from the extension pg_buffercache; it reads every buffer's header, without locks.
--
-- scope:    server
-- interval: 1m
-- requires: capability pg_monitor
-- requires: pg_buffercache >= 1.4
--
-- gauge buffers_used: Shared buffers in use.
-- gauge buffers_unused: Shared buffers not in use.
-- gauge buffers_dirty: Shared buffers whose page is not written yet.
-- gauge buffers_pinned: Shared buffers that a backend is using at this moment.
-- gauge usagecount_avg: Mean usage count, 0 to 5, of the shared buffers in use.
select
  b.buffers_used,
  b.buffers_unused,
  b.buffers_dirty,
  b.buffers_pinned,
  b.usagecount_avg
from public.pg_buffercache_summary() as b;
