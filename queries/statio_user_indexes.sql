-- Block reads and buffer hits of each index, from pg_statio_user_indexes.
--
-- scope:    database
-- detail:   full
-- interval: 15s
-- top:      300 by idx_blks_read_total, idx_blks_hit_total
-- requires: setting track_counts
--
-- label   schemaname
-- label   relname
-- label   indexrelname
-- counter idx_blks_read_total: Blocks of the index not found in shared buffers; they may have been read from the cache of the
--    operating system.
-- counter idx_blks_hit_total: Blocks of the index found in shared buffers.
select
  i.schemaname,
  i.relname,
  i.indexrelname,
  i.idx_blks_read as idx_blks_read_total,
  i.idx_blks_hit as idx_blks_hit_total
from pg_catalog.pg_statio_user_indexes as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
where
  -- Temporary tables of other sessions would create an unlimited number of series.
  c.relpersistence <> 't'
  -- An unlogged index cannot be read on a standby.
  and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
-- If there are more indexes than the limit, the most used are kept.
order by i.idx_blks_read + i.idx_blks_hit desc, i.indexrelid;
