-- Scans of each index, from pg_stat_user_indexes.
--
-- scope:    database
-- detail:   full
-- interval: 15s
-- top:      300 by idx_scan_total, idx_tup_read_total
-- requires: setting track_counts
--
-- label   schemaname
-- label   relname
-- label   indexrelname
-- counter idx_scan_total: Index scans initiated.
-- counter idx_tup_read_total: Index entries returned by scans.
-- counter idx_tup_fetch_total: Live rows fetched by simple index scans; absent for an index whose access method supports only
--    bitmap scans, such as GIN and BRIN.
select
  i.schemaname,
  i.relname,
  i.indexrelname,
  i.idx_scan as idx_scan_total,
  i.idx_tup_read as idx_tup_read_total,
  case when pg_catalog.pg_index_has_property(i.indexrelid, 'index_scan') then i.idx_tup_fetch end as idx_tup_fetch_total
from pg_catalog.pg_stat_user_indexes as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
where
  -- Temporary tables of other sessions would create an unlimited number of series.
  c.relpersistence <> 't'
  -- An unlogged index cannot be read on a standby.
  and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
-- If there are more indexes than the limit, the busiest are kept.
order by i.idx_scan + i.idx_tup_read desc, i.indexrelid;
