-- The size of the largest indexes. One that is locked, or about to be, is left out: we must not wait for it.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      300 by size_bytes
-- name:     pg_stat_user_indexes
--
-- label schemaname
-- label relname
-- label indexrelname
-- gauge size_bytes: Disk space of the index.
-- cut   cut
with
  -- The planner's own page counts cost nothing, so they choose whose files are looked at.
  largest as materialized (
    select
      i.indexrelid,
      n.nspname,
      t.relname,
      c.relname as indexrelname,
      greatest(pg_catalog.count(*) over () - 300, 0) as cut
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid and c.relkind = 'i' and c.relpersistence <> 't'
    join pg_catalog.pg_class as t on t.oid = i.indrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where
      n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
      and not exists (
        select
        from pg_catalog.pg_locks as l
        join pg_catalog.pg_database as d on d.oid = l.database and d.datname = pg_catalog.current_database()
        where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.relation = i.indexrelid
      )
    order by c.relpages desc, i.indexrelid
    limit 300
  )
select
  i.nspname as schemaname,
  i.relname,
  i.indexrelname,
  -- It is pg_relation_size with the free space map, so that a table's indexes add up to pg_indexes_size.
  pg_catalog.pg_table_size(i.indexrelid) as size_bytes,
  i.cut
from largest as i;
