-- Scans, row changes, maintenance and dead rows of each table, from pg_stat_user_tables.
--
-- scope:    database
-- interval: 15s
-- top:      300 by seq_tup_read, idx_tup_fetch, n_tup_ins, n_tup_upd, n_tup_del, n_dead_tup
--
-- label   schemaname
-- label   relname
-- counter seq_scan: Sequential scans initiated.
-- counter seq_tup_read: Live rows fetched by sequential scans.
-- counter idx_scan: Index scans initiated; absent for a table without indexes.
-- counter idx_tup_fetch: Live rows fetched by index scans; absent for a table without indexes.
-- counter n_tup_ins: Rows inserted.
-- counter n_tup_upd: Rows updated.
-- counter n_tup_del: Rows deleted.
-- counter n_tup_hot_upd: Rows updated without new index entries (HOT updates).
-- gauge   n_live_tup: Estimated number of live rows; absent on a standby.
-- gauge   n_dead_tup: Estimated number of dead rows; absent on a standby.
-- gauge   n_mod_since_analyze: Estimated number of rows modified since the table was last analyzed; absent on a standby.
-- gauge   n_ins_since_vacuum: Estimated number of rows inserted since the table was last vacuumed, VACUUM FULL not included;
--    absent on a standby.
-- gauge   last_vacuum: Time at which the table was last vacuumed manually, VACUUM FULL not included, as a Unix timestamp;
--    absent if never.
-- gauge   last_autovacuum: Time at which autovacuum last vacuumed the table, as a Unix timestamp; absent if never.
-- gauge   last_analyze: Time at which the table was last analyzed manually, as a Unix timestamp; absent if never.
-- gauge   last_autoanalyze: Time at which autovacuum last analyzed the table, as a Unix timestamp; absent if never.
-- counter vacuum_count: Manual vacuums, VACUUM FULL not included.
-- counter autovacuum_count: Vacuums by autovacuum.
-- counter analyze_count: Manual analyzes.
-- counter autoanalyze_count: Analyzes by autovacuum.
select
  t.schemaname,
  t.relname,
  t.seq_scan,
  t.seq_tup_read,
  t.idx_scan,
  t.idx_tup_fetch,
  t.n_tup_ins,
  t.n_tup_upd,
  t.n_tup_del,
  t.n_tup_hot_upd,
  case when s.is_primary then t.n_live_tup end as n_live_tup,
  case when s.is_primary then t.n_dead_tup end as n_dead_tup,
  case when s.is_primary then t.n_mod_since_analyze end as n_mod_since_analyze,
  case when s.is_primary then t.n_ins_since_vacuum end as n_ins_since_vacuum,
  extract(epoch from t.last_vacuum)::float8 as last_vacuum,
  extract(epoch from t.last_autovacuum)::float8 as last_autovacuum,
  extract(epoch from t.last_analyze)::float8 as last_analyze,
  extract(epoch from t.last_autoanalyze)::float8 as last_autoanalyze,
  t.vacuum_count,
  t.autovacuum_count,
  t.analyze_count,
  t.autoanalyze_count
from pg_catalog.pg_stat_user_tables as t
-- A standby does not track these; 0 would be a false value.
cross join (
  select not pg_catalog.pg_is_in_recovery() as is_primary
) as s
-- Temporary tables of other sessions would create an unlimited number of series.
where t.schemaname !~ '^pg_temp_'
-- If there are more tables than the limit, the busiest are kept.
order by coalesce(t.seq_tup_read, 0) + coalesce(t.idx_tup_fetch, 0) + t.n_tup_ins + t.n_tup_upd + t.n_tup_del desc, t.relid;
