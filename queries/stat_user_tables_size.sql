-- The size of each table, of its parts and of its indexes. A table that is locked, or about to be, is left out: we must not wait for it.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      500 by table_size_bytes, index_size_bytes
-- name:     pg_stat_user_tables
--
-- label schemaname
-- label relname
-- gauge table_size_bytes: Disk space of the table with its TOAST data, without indexes.
-- gauge heap_size_bytes: Disk space of the table itself, without TOAST data and indexes.
-- gauge toast_size_bytes: Disk space of the table's TOAST data with its index; absent without TOAST.
-- gauge index_size_bytes: Disk space of the table's indexes.
-- cut   cut
with
  -- Locks on a table, on one of its indexes, on its TOAST table or that one's index.
  locked as materialized (
    select coalesce(i.indrelid, l.relation) as relid
    from pg_catalog.pg_locks as l
    join pg_catalog.pg_database as d on d.oid = l.database and d.datname = pg_catalog.current_database()
    left join pg_catalog.pg_index as i on i.indexrelid = l.relation
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
  ),
  -- The planner's own page counts cost nothing, so they choose whose files are looked at.
  largest as materialized (
    select
      c.oid,
      n.nspname,
      c.relname,
      nullif(c.reltoastrelid, 0) as toast,
      greatest(pg_catalog.count(*) over () - 500, 0) as cut
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where
      c.relkind in ('r', 'm')
      -- Sessions' temporary tables come and go without bound.
      and c.relpersistence <> 't'
      and n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
      and not exists (select from locked as l where l.relid in (c.oid, c.reltoastrelid))
    order by c.relpages desc, c.oid
    limit 500
  )
select
  t.nspname as schemaname,
  t.relname,
  s.table_size_bytes,
  s.table_size_bytes - coalesce(s.toast_size_bytes, 0) as heap_size_bytes,
  s.toast_size_bytes,
  s.index_size_bytes,
  t.cut
from largest as t
cross join lateral (
  select
    pg_catalog.pg_table_size(t.oid) as table_size_bytes,
    pg_catalog.pg_total_relation_size(t.toast) as toast_size_bytes,
    pg_catalog.pg_indexes_size(t.oid) as index_size_bytes
) as s;
