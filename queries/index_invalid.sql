-- Indexes that are not valid, as a failed "create index concurrently" leaves them: they cost every write and serve no query.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      100 by bytes, value
-- requires: role primary
--
-- label schemaname
-- label relname
-- label indexrelname
-- gauge value: 1 for an index that is not valid and not being built now.
-- gauge bytes: Disk space of the invalid index; absent while it is locked.
-- cut   cut
with
  -- Who builds or rebuilds an index concurrently locks its table so, which every role may see.
  built as materialized (
    select
      l.relation,
      p.command,
      p.index_relid
    from pg_catalog.pg_stat_progress_create_index as p
    join pg_catalog.pg_locks as l on l.pid = p.pid and l.locktype = 'relation' and l.database = p.datid
    where p.datname = pg_catalog.current_database() and l.mode = 'ShareUpdateExclusiveLock'
  ),
  invalid as materialized (
    select
      i.indexrelid,
      n.nspname,
      t.relname,
      c.relname as indexrelname,
      greatest(pg_catalog.count(*) over () - 100, 0) as cut
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid and c.relpersistence <> 't'
    join pg_catalog.pg_class as t on t.oid = i.indrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where
      not i.indisvalid
      -- That of a partitioned table is not valid until each partition has one; it has no storage.
      and c.relkind = 'i'
      -- A rebuild makes several of them under names of its own; where the role may not see which index is built, none of the table is told of.
      and not exists (
        select
        from built as b
        where
          b.relation = i.indrelid
          and (coalesce(b.index_relid, 0) in (0, i.indexrelid) or b.command like 'REINDEX%')
      )
    order by c.relpages desc, i.indexrelid
    limit 100
  )
select
  i.nspname as schemaname,
  i.relname,
  i.indexrelname,
  1 as value,
  case
    when not exists (
      select
      from pg_catalog.pg_locks as l
      join pg_catalog.pg_database as d on d.oid = l.database and d.datname = pg_catalog.current_database()
      where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.relation = i.indexrelid
    )
      then pg_catalog.pg_table_size(i.indexrelid)
  end as bytes,
  i.cut
from invalid as i;
