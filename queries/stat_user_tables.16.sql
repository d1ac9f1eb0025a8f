-- Scans, row changes, vacuums and dead rows of each table, from pg_stat_user_tables, with the last scans that PostgreSQL 16 added.
--
-- scope:    database
-- interval: 15s
-- top:      300 by seq_tup_read, idx_tup_fetch, n_tup_ins, n_tup_upd, n_tup_del, n_dead_tup
--
-- label   schemaname
-- label   relname
-- counter seq_scan: Sequential scans begun.
-- counter seq_tup_read: Live rows read by sequential scans.
-- counter idx_scan: Index scans begun; absent for a table without index.
-- counter idx_tup_fetch: Live rows fetched by index scans; absent for a table without index.
-- counter n_tup_ins: Rows inserted.
-- counter n_tup_upd: Rows updated.
-- counter n_tup_del: Rows deleted.
-- counter n_tup_hot_upd: Rows updated without new index entries.
-- counter n_tup_newpage_upd_total: Rows updated whose new version went to another page.
-- gauge   n_live_tup: Estimate of live rows; absent on a standby, which does not know.
-- gauge   n_dead_tup: Estimate of dead rows; absent on a standby, which does not know.
-- gauge   n_mod_since_analyze: Estimate of rows changed since the table was last analyzed; absent on a standby, which does not know.
-- gauge   n_ins_since_vacuum: Estimate of rows inserted since the table was last vacuumed; absent on a standby, which does not know.
-- gauge   last_seq_scan_timestamp_seconds: When the last sequential scan began, as a Unix time; absent if never.
-- gauge   last_idx_scan_timestamp_seconds: When the last index scan began, as a Unix time; absent if never.
-- gauge   last_vacuum: When the table was last vacuumed by hand, as a Unix time; absent if never.
-- gauge   last_autovacuum: When autovacuum last vacuumed the table, as a Unix time; absent if never.
-- gauge   last_analyze: When the table was last analyzed by hand, as a Unix time; absent if never.
-- gauge   last_autoanalyze: When autovacuum last analyzed the table, as a Unix time; absent if never.
-- counter vacuum_count: Vacuums by hand, full ones not counted.
-- counter autovacuum_count: Vacuums by autovacuum.
-- counter analyze_count: Analyzes by hand.
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
  t.n_tup_newpage_upd as n_tup_newpage_upd_total,
  case when s.is_primary then t.n_live_tup end as n_live_tup,
  case when s.is_primary then t.n_dead_tup end as n_dead_tup,
  case when s.is_primary then t.n_mod_since_analyze end as n_mod_since_analyze,
  case when s.is_primary then t.n_ins_since_vacuum end as n_ins_since_vacuum,
  extract(epoch from t.last_seq_scan)::float8 as last_seq_scan_timestamp_seconds,
  extract(epoch from t.last_idx_scan)::float8 as last_idx_scan_timestamp_seconds,
  extract(epoch from t.last_vacuum)::float8 as last_vacuum,
  extract(epoch from t.last_autovacuum)::float8 as last_autovacuum,
  extract(epoch from t.last_analyze)::float8 as last_analyze,
  extract(epoch from t.last_autoanalyze)::float8 as last_autoanalyze,
  t.vacuum_count,
  t.autovacuum_count,
  t.analyze_count,
  t.autoanalyze_count
from pg_catalog.pg_stat_user_tables as t
-- A standby counts no changes, and its 0 would be a lie.
cross join (
  select not pg_catalog.pg_is_in_recovery() as is_primary
) as s
-- Sessions' temporary tables come and go without bound.
where t.schemaname !~ '^pg_temp_'
-- Of more tables than the limit the busiest stay.
order by coalesce(t.seq_tup_read, 0) + coalesce(t.idx_tup_fetch, 0) + t.n_tup_ins + t.n_tup_upd + t.n_tup_del desc, t.relid;
