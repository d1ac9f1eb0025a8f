-- Progress of each ANALYZE, from pg_stat_progress_analyze. Temporary tables are omitted.
--
-- scope:    database
-- interval: 30s
-- during:   analyze
--
-- label schemaname
-- label relname
-- gauge sample_blks: Blocks of the table to be sampled.
-- gauge sample_blks_scanned: Blocks of the table sampled so far.
-- gauge ext_stats: Extended statistics to be computed; absent if there are none.
-- gauge ext_stats_computed: Extended statistics computed so far; absent if there are none.
-- gauge child_tables: Child tables to be sampled; absent if there are none.
-- gauge child_tables_done: Child tables sampled so far; absent if there are none.
-- gauge delay_seconds: Time spent sleeping due to cost-based delay so far; absent without track_cost_delay_timing and before
--    PostgreSQL 18.
select
  n.nspname as schemaname,
  c.relname,
  p.sample_blks_total as sample_blks,
  p.sample_blks_scanned,
  nullif(p.ext_stats_total, 0) as ext_stats,
  case when p.ext_stats_total > 0 then p.ext_stats_computed end as ext_stats_computed,
  nullif(p.child_tables_total, 0) as child_tables,
  case when p.child_tables_total > 0 then p.child_tables_done end as child_tables_done,
  case when p.delay_time > 0 or pg_catalog.current_setting('track_cost_delay_timing') = 'on' then p.delay_time / 1000 end as delay_seconds
from pg_catalog.pg_stat_progress_analyze as p
join pg_catalog.pg_class as c on c.oid = p.relid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where p.datname = pg_catalog.current_database() and c.relpersistence <> 't';
