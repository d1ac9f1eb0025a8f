-- Scans and block reads of each index, as in pg_stat_user_indexes and pg_statio_user_indexes, with the time of the last scan
-- (PostgreSQL 16).
--
-- scope:    database
-- detail:   full
-- interval: 15s
-- top:      300 by stat_user_indexes_idx_scan_total, stat_user_indexes_idx_tup_read_total,
--    statio_user_indexes_idx_blks_read_total, statio_user_indexes_idx_blks_hit_total
-- name:     pg
-- requires: setting track_counts
--
-- label   schemaname
-- label   relname
-- label   indexrelname
-- counter stat_user_indexes_idx_scan_total: Index scans initiated.
-- counter stat_user_indexes_idx_tup_read_total: Index entries returned by scans.
-- counter stat_user_indexes_idx_tup_fetch_total: Live rows fetched by simple index scans; absent for an index whose access
--    method supports only bitmap scans, such as GIN and BRIN.
-- gauge   stat_user_indexes_last_idx_scan_timestamp_seconds: Time of the last scan, by the end of its transaction, as a Unix
--    timestamp; absent if never and before PostgreSQL 16.
-- counter statio_user_indexes_idx_blks_read_total: Blocks of the index not found in shared buffers; they may have been read
--    from the cache of the operating system.
-- counter statio_user_indexes_idx_blks_hit_total: Blocks of the index found in shared buffers.
select
  -- The functions that the views call: planning the views and scanning their relations twice would cost more.
  n.nspname as schemaname,
  t.relname,
  c.relname as indexrelname,
  pg_catalog.pg_stat_get_numscans(c.oid) as stat_user_indexes_idx_scan_total,
  pg_catalog.pg_stat_get_tuples_returned(c.oid) as stat_user_indexes_idx_tup_read_total,
  case when pg_catalog.pg_index_has_property(c.oid, 'index_scan') then pg_catalog.pg_stat_get_tuples_fetched(c.oid) end as stat_user_indexes_idx_tup_fetch_total,
  extract(epoch from pg_catalog.pg_stat_get_lastscan(c.oid))::float8 as stat_user_indexes_last_idx_scan_timestamp_seconds,
  pg_catalog.pg_stat_get_blocks_fetched(c.oid) - pg_catalog.pg_stat_get_blocks_hit(c.oid) as statio_user_indexes_idx_blks_read_total,
  pg_catalog.pg_stat_get_blocks_hit(c.oid) as statio_user_indexes_idx_blks_hit_total
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_class as t on t.oid = i.indrelid and t.relkind in ('r', 'm')
join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
where
  n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
  -- The oids of system tables are smaller; the condition allows an index scan.
  and i.indrelid >= 16384
  -- Temporary tables of other sessions would create an unlimited number of series.
  and c.relpersistence <> 't'
  -- An unlogged index cannot be read on a standby.
  and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
-- If there are more indexes than the limit, the busiest are kept.
order by pg_catalog.pg_stat_get_numscans(c.oid) + pg_catalog.pg_stat_get_tuples_returned(c.oid) desc, c.oid;
