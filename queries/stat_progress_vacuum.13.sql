-- Progress of each VACUUM, from pg_stat_progress_vacuum. Temporary tables are omitted.
--
-- scope:    database
-- interval: 30s
-- during:   vacuum
--
-- label schemaname
-- label relname
-- gauge heap_blks: Blocks of the table when its scan began.
-- gauge heap_blks_scanned: Blocks of the table scanned so far.
-- gauge heap_blks_vacuumed: Blocks of the table vacuumed so far.
-- gauge index_vacuums: Index vacuum cycles completed.
-- gauge max_dead_tuples: Dead tuples that can be stored before an index vacuum cycle is needed; absent from PostgreSQL 17 on.
-- gauge num_dead_tuples: Dead tuples collected since the last index vacuum cycle; from PostgreSQL 17 on, dead item
--    identifiers.
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
where p.datname = pg_catalog.current_database() and c.relpersistence <> 't';
