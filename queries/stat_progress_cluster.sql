-- Progress of each CLUSTER and VACUUM FULL, from pg_stat_progress_cluster. Temporary tables are omitted.
--
-- scope:    database
-- interval: 30s
-- during:   cluster
--
-- label schemaname
-- label relname
-- label command
-- gauge heap_blks: Blocks of the old table; absent unless the command scans it sequentially.
-- gauge heap_blks_scanned: Blocks of the old table scanned so far; absent unless the command scans it sequentially.
-- gauge heap_tuples_scanned: Rows of the old table scanned so far.
-- gauge heap_tuples_written: Rows written to the new table so far.
-- gauge indexes_rebuilt: Indexes rebuilt so far.
select
  n.nspname as schemaname,
  c.relname,
  p.command,
  nullif(p.heap_blks_total, 0) as heap_blks,
  case when p.heap_blks_total > 0 then p.heap_blks_scanned end as heap_blks_scanned,
  p.heap_tuples_scanned,
  p.heap_tuples_written,
  p.index_rebuild_count as indexes_rebuilt
from pg_catalog.pg_stat_progress_cluster as p
join pg_catalog.pg_class as c on c.oid = p.relid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where p.datname = pg_catalog.current_database() and c.relpersistence <> 't';
