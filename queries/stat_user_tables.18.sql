-- Scans, row changes, maintenance and dead rows of each table, from pg_stat_user_tables, with the duration of maintenance
-- (PostgreSQL 18).
--
-- scope:    database
-- interval: 15s
-- top:      300 by seq_tup_read, idx_tup_fetch, n_tup_ins, n_tup_upd, n_tup_del, n_dead_tup
-- requires: setting track_counts
--
-- label   schemaname
-- label   relname
-- counter seq_scan: Sequential scans initiated; absent for a partitioned table.
-- counter seq_tup_read: Live rows fetched by sequential scans; absent for a partitioned table.
-- counter idx_scan: Index scans initiated; absent for a table without indexes and for a partitioned table.
-- counter idx_tup_fetch: Live rows fetched by index scans; absent for a table without indexes and for a partitioned table.
-- counter n_tup_ins: Rows inserted; absent for a partitioned table and on a standby.
-- counter n_tup_upd: Rows updated; absent for a partitioned table and on a standby.
-- counter n_tup_del: Rows deleted; absent for a partitioned table and on a standby.
-- counter n_tup_hot_upd: Rows updated without new index entries (HOT updates); absent for a partitioned table and on a
--    standby.
-- gauge   n_live_tup: Estimated number of live rows; absent for a partitioned table and on a standby.
-- gauge   n_dead_tup: Estimated number of dead rows; absent for a partitioned table and on a standby.
-- gauge   n_mod_since_analyze: Estimated number of rows modified since the table was last analyzed; absent for a partitioned
--    table and on a standby.
-- gauge   last_vacuum: Time at which the table was last vacuumed manually, VACUUM FULL not included, as a Unix timestamp;
--    absent if never and on a standby.
-- gauge   last_autovacuum: Time at which autovacuum last vacuumed the table, as a Unix timestamp; absent if never and on a
--    standby.
-- gauge   last_analyze: Time at which the table was last analyzed manually, as a Unix timestamp; absent if never and on a
--    standby.
-- gauge   last_autoanalyze: Time at which autovacuum last analyzed the table, as a Unix timestamp; absent if never and on a
--    standby.
-- counter vacuum_count: Manual vacuums, VACUUM FULL not included; absent for a partitioned table and on a standby.
-- counter autovacuum_count: Vacuums by autovacuum; absent for a partitioned table and on a standby.
-- counter analyze_count: Manual analyzes; absent on a standby.
-- counter autoanalyze_count: Analyzes by autovacuum; absent for a partitioned table, which autovacuum does not analyze, and
--    on a standby.
-- detail: full
-- counter n_tup_newpage_upd_total: Rows updated whose new version went to another page, which are never HOT updates; absent
--    for a partitioned table, on a standby and before PostgreSQL 16.
-- gauge   n_ins_since_vacuum: Estimated number of rows inserted since the table was last vacuumed, VACUUM FULL not included;
--    absent for a partitioned table and on a standby.
-- gauge   last_seq_scan_timestamp_seconds: Time of the last sequential scan, by the end of its transaction, as a Unix
--    timestamp; absent if never and before PostgreSQL 16.
-- gauge   last_idx_scan_timestamp_seconds: Time of the last index scan, by the end of its transaction, as a Unix timestamp;
--    absent if never and before PostgreSQL 16.
-- counter vacuum_seconds_total: Duration of manual vacuums, including cost-based delays, VACUUM FULL not included; absent
--    for a partitioned table, on a standby and before PostgreSQL 18.
-- counter autovacuum_seconds_total: Duration of vacuums by autovacuum, including cost-based delays; absent for a partitioned
--    table, on a standby and before PostgreSQL 18.
-- counter analyze_seconds_total: Duration of manual analyzes, including cost-based delays; absent on a standby and before
--    PostgreSQL 18.
-- counter autoanalyze_seconds_total: Duration of analyzes by autovacuum, including cost-based delays; absent for a
--    partitioned table, on a standby and before PostgreSQL 18.
select
  t.schemaname,
  t.relname,
  k.scans * t.seq_scan as seq_scan,
  k.scans * t.seq_tup_read as seq_tup_read,
  k.scans * t.idx_scan as idx_scan,
  k.scans * t.idx_tup_fetch as idx_tup_fetch,
  k.changes * t.n_tup_ins as n_tup_ins,
  k.changes * t.n_tup_upd as n_tup_upd,
  k.changes * t.n_tup_del as n_tup_del,
  k.changes * t.n_tup_hot_upd as n_tup_hot_upd,
  k.changes * t.n_tup_newpage_upd as n_tup_newpage_upd_total,
  k.changes * t.n_live_tup as n_live_tup,
  k.changes * t.n_dead_tup as n_dead_tup,
  k.changes * t.n_mod_since_analyze as n_mod_since_analyze,
  k.changes * t.n_ins_since_vacuum as n_ins_since_vacuum,
  extract(epoch from t.last_seq_scan)::float8 as last_seq_scan_timestamp_seconds,
  extract(epoch from t.last_idx_scan)::float8 as last_idx_scan_timestamp_seconds,
  k.analyzes * extract(epoch from t.last_vacuum)::float8 as last_vacuum,
  k.analyzes * extract(epoch from t.last_autovacuum)::float8 as last_autovacuum,
  k.analyzes * extract(epoch from t.last_analyze)::float8 as last_analyze,
  k.analyzes * extract(epoch from t.last_autoanalyze)::float8 as last_autoanalyze,
  k.changes * t.vacuum_count as vacuum_count,
  k.changes * t.autovacuum_count as autovacuum_count,
  k.analyzes * t.analyze_count as analyze_count,
  k.changes * t.autoanalyze_count as autoanalyze_count,
  k.changes * t.total_vacuum_time / 1000 as vacuum_seconds_total,
  k.changes * t.total_autovacuum_time / 1000 as autovacuum_seconds_total,
  k.analyzes * t.total_analyze_time / 1000 as analyze_seconds_total,
  k.changes * t.total_autoanalyze_time / 1000 as autoanalyze_seconds_total
from pg_catalog.pg_stat_user_tables as t
join pg_catalog.pg_class as c on c.oid = t.relid
-- 1, or null for values that PostgreSQL does not count, because 0 would be false. A partitioned table contains no rows itself;
-- only ANALYZE is counted for it. A standby does not count replayed changes; after a switchover, the values would still be
-- those of the time at which it was the primary.
cross join lateral (
  select
    case when c.relkind <> 'p' then 1 end as scans,
    case when c.relkind <> 'p' and not r.is_standby then 1 end as changes,
    case when not r.is_standby then 1 end as analyzes
  from (select pg_catalog.pg_is_in_recovery() as is_standby) as r
) as k
where
  -- Temporary tables of other sessions would create an unlimited number of series.
  c.relpersistence <> 't'
  -- An unlogged table cannot be read on a standby.
  and not (c.relpersistence = 'u' and k.analyzes is null)
-- If there are more tables than the limit, the busiest are kept.
order by coalesce(t.seq_tup_read, 0) + coalesce(t.idx_tup_fetch, 0) + t.n_tup_ins + t.n_tup_upd + t.n_tup_del desc, t.relid;
