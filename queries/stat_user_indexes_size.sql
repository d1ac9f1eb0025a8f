-- Size of the largest indexes. Indexes with a held or pending exclusive lock are skipped, since reading their size would
-- wait.
--
-- scope:    database
-- detail:   full
-- interval: 5m
-- timeout:  30s
-- top:      300 by size_bytes
-- name:     pg_stat_user_indexes
-- parts:    select i.indexrelid from pg_catalog.pg_index as i
--
-- label schemaname
-- label relname
-- label indexrelname
-- gauge size_bytes: Disk space used by the index; absent while the index is locked, and for an unlogged index on a standby.
-- cut   cut
with
  -- relpages is available without reading files, so it selects the largest relations, whose files are then measured.
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
      and coalesce(i.indexrelid = any (nullif(pg_catalog.current_setting('pgvitals.parts', true), '')::oid[]), true)
      -- On a standby, an unlogged index has only its init fork, to which a promotion resets it.
      and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
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
  -- pg_table_size() includes the free space map, so the sizes of the indexes of a table add up to pg_indexes_size().
  pg_catalog.pg_table_size(i.indexrelid) as size_bytes,
  i.cut
from largest as i;
