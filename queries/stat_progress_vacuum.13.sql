-- How far each vacuum of a table has come, from pg_stat_progress_vacuum.
--
-- scope:    database
-- interval: 30s
--
-- label schemaname
-- label relname
-- gauge heap_blks: Blocks that the table had when the vacuum began.
-- gauge heap_blks_scanned: Blocks of the table scanned so far.
-- gauge heap_blks_vacuumed: Blocks of the table vacuumed so far.
-- gauge index_vacuums: Rounds of index vacuuming completed.
-- gauge max_dead_tuples: Dead row versions that fit in memory before the indexes must be vacuumed; absent from PostgreSQL 17 on.
-- gauge num_dead_tuples: Dead row versions found since the last round of index vacuuming.
select
  n.nspname as schemaname,
  c.relname,
  p.heap_blks_total as heap_blks,
  p.heap_blks_scanned,
  p.heap_blks_vacuumed,
  p.index_vacuum_count as index_vacuums,
  p.max_dead_tuples,
  p.num_dead_tuples
from pg_catalog.pg_stat_progress_vacuum as p
join pg_catalog.pg_class as c on c.oid = p.relid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where p.datname = pg_catalog.current_database();
