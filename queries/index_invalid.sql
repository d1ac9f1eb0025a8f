-- Invalid indexes, for example after a failed CREATE INDEX CONCURRENTLY. Every write maintains them, but no query uses them.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      100 by bytes, value
-- requires: role primary
-- parts:    select i.indexrelid from pg_catalog.pg_index as i where not i.indisvalid
--
-- label schemaname
-- label relname
-- label indexrelname
-- gauge value: 1 for an index that is invalid and not being built.
-- gauge bytes: Disk space used by the invalid index; absent while the index is locked.
-- cut   cut
with
  -- CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY lock the table in this mode; every role may see these locks.
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
      and coalesce(i.indexrelid = any (nullif(pg_catalog.current_setting('pgvitals.parts', true), '')::oid[]), true)
      -- The index of a partitioned table stays invalid until every partition has one; it has no storage.
      and c.relkind = 'i'
      -- REINDEX CONCURRENTLY builds several indexes under temporary names. If the role cannot see which index is being built,
      -- all invalid indexes of the table are skipped.
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
