-- Block reads and buffer hits of each table and its indexes, from pg_statio_user_tables.
--
-- scope:    database
-- interval: 15s
-- top:      300 by heap_blocks_read, heap_blocks_hit, idx_blocks_read, idx_blocks_hit
-- requires: setting track_counts
--
-- label   schemaname
-- label   relname
-- counter heap_blocks_read: Blocks of the table not found in shared buffers; they may have been read from the cache of the
--    operating system.
-- counter heap_blocks_hit: Blocks of the table found in shared buffers.
-- counter idx_blocks_read: Blocks of the table's indexes not found in shared buffers; absent for a table without indexes.
-- counter idx_blocks_hit: Blocks of the table's indexes found in shared buffers; absent for a table without indexes.
-- counter toast_blocks_read: Blocks of the table's TOAST data not found in shared buffers; absent for a table without TOAST.
-- counter toast_blocks_hit: Blocks of the table's TOAST data found in shared buffers; absent for a table without TOAST.
-- counter tidx_blocks_read: Blocks of the TOAST index not found in shared buffers; absent for a table without TOAST.
-- counter tidx_blocks_hit: Blocks of the TOAST index found in shared buffers; absent for a table without TOAST.
select
  t.schemaname,
  t.relname,
  t.heap_blks_read as heap_blocks_read,
  t.heap_blks_hit as heap_blocks_hit,
  t.idx_blks_read as idx_blocks_read,
  t.idx_blks_hit as idx_blocks_hit,
  t.toast_blks_read as toast_blocks_read,
  t.toast_blks_hit as toast_blocks_hit,
  t.tidx_blks_read as tidx_blocks_read,
  t.tidx_blks_hit as tidx_blocks_hit
from pg_catalog.pg_statio_user_tables as t
join pg_catalog.pg_class as c on c.oid = t.relid
where
  -- Temporary tables of other sessions would create an unlimited number of series.
  c.relpersistence <> 't'
  -- An unlogged table cannot be read on a standby.
  and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
-- If there are more tables than the limit, the most used are kept.
order by coalesce(t.heap_blks_read, 0) + coalesce(t.heap_blks_hit, 0) + coalesce(t.idx_blks_read, 0) + coalesce(t.idx_blks_hit, 0) desc, t.relid;
