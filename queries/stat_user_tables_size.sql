-- Size of each table, its TOAST data and its indexes. Tables with a held or pending exclusive lock are skipped, since reading
-- their size would wait.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      500 by table_size_bytes, index_size_bytes
-- name:     pg_stat_user_tables
-- parts:    select c.oid from pg_catalog.pg_class as c where c.relkind in ('r', 'm')
--
-- label schemaname
-- label relname
-- cut   cut
-- gauge table_size_bytes: Disk space used by the table including TOAST data, without indexes; absent while the table is
--    locked, and for an unlogged table on a standby.
-- gauge index_size_bytes: Disk space used by the indexes of the table; absent while the table is locked.
-- detail: full
-- gauge heap_size_bytes: Disk space used by the table without TOAST data and indexes; absent while the table is locked.
-- gauge toast_size_bytes: Disk space used by the TOAST data of the table including its index; absent for a table without
--    TOAST and while the table is locked.
with
  -- Locks on a table, its indexes, its TOAST table or the index of the TOAST table.
  locked as materialized (
    select coalesce(i.indrelid, l.relation) as relid
    from pg_catalog.pg_locks as l
    join pg_catalog.pg_database as d on d.oid = l.database and d.datname = pg_catalog.current_database()
    left join pg_catalog.pg_index as i on i.indexrelid = l.relation
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
  ),
  -- relpages is available without reading files, so it selects the largest relations, whose files are then measured.
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
      -- Temporary tables of other sessions would create an unlimited number of series.
      and c.relpersistence <> 't'
      -- On a standby, an unlogged table has only its init forks, to which a promotion resets it.
      and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
      and n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
      and coalesce(c.oid = any (nullif(pg_catalog.current_setting('pgvitals.parts', true), '')::oid[]), true)
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
