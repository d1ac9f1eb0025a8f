-- Scans of each index, from pg_stat_user_indexes, with the time of the last scan (PostgreSQL 16).
--
-- scope:    database
-- interval: 15s
-- top:      300 by idx_scan_total, idx_tup_read_total
--
-- label   schemaname
-- label   relname
-- label   indexrelname
-- counter idx_scan_total: Index scans initiated.
-- counter idx_tup_read_total: Index entries returned by scans.
-- counter idx_tup_fetch_total: Live rows fetched by simple index scans.
-- gauge   last_idx_scan_timestamp_seconds: Time of the last scan, by the end of its transaction, as a Unix timestamp; absent
--    if never and before PostgreSQL 16.
select
  i.schemaname,
  i.relname,
  i.indexrelname,
  i.idx_scan as idx_scan_total,
  i.idx_tup_read as idx_tup_read_total,
  i.idx_tup_fetch as idx_tup_fetch_total,
  extract(epoch from i.last_idx_scan)::float8 as last_idx_scan_timestamp_seconds
from pg_catalog.pg_stat_user_indexes as i
-- Temporary tables of other sessions would create an unlimited number of series.
where i.schemaname !~ '^pg_temp_'
-- If there are more indexes than the limit, the busiest are kept.
order by i.idx_scan + i.idx_tup_read desc, i.indexrelid;
