-- The size of each table and of its indexes. A table that is locked, or about to be, is left out: we must not wait for it.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- rows:     500
-- name:     pg_stat_user_tables
--
-- label schemaname
-- label relname
-- gauge table_size_bytes: Disk space of the table with its TOAST data, without indexes.
-- gauge index_size_bytes: Disk space of the table's indexes.
with
  locked as materialized (
    select l.relation
    from pg_catalog.pg_locks as l
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.relation is not null
  ),
  -- The planner's own page counts cost nothing, so they choose whose files are looked at.
  largest as materialized (
    select
      t.relid,
      t.schemaname,
      t.relname
    from pg_catalog.pg_stat_user_tables as t
    join pg_catalog.pg_class as c on c.oid = t.relid
    where
      not exists (select from locked as l where l.relation = t.relid)
      and not exists (
        select
        from pg_catalog.pg_index as i
        join locked as l on l.relation = i.indexrelid
        where i.indrelid = t.relid
      )
    order by c.relpages desc, t.relid
    limit 500
  )
select
  t.schemaname,
  t.relname,
  pg_catalog.pg_table_size(t.relid) as table_size_bytes,
  pg_catalog.pg_indexes_size(t.relid) as index_size_bytes
from largest as t;
