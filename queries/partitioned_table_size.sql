-- Number of partitions of each partitioned table in pg_class and their size, summed over all its partitions at every level.
--
-- scope:    database
-- detail:   full
-- interval: 5m
-- timeout:  30s
-- top:      100 by size_bytes, index_size_bytes, partitions
-- name:     pg_partitioned_table
--
-- label schemaname
-- label relname
-- gauge partitions: Partitions of the table that are not partitioned themselves, including foreign tables.
-- gauge foreign_partitions: Partitions of the table that are foreign tables.
-- gauge size_bytes: Disk space used by all partitions including TOAST data, without indexes and foreign tables; absent while
--    a partition is locked, if the 2,000 partitions of larger tables were measured first, and for unlogged partitions on a
--    standby.
-- gauge index_size_bytes: Disk space used by the indexes of all partitions; absent as size_bytes.
-- cut   cut
with
  -- Locks on a partition, its indexes or its TOAST table.
  locked as materialized (
    select coalesce(i.indrelid, l.relation) as relid
    from pg_catalog.pg_locks as l
    join pg_catalog.pg_database as d on d.oid = l.database and d.datname = pg_catalog.current_database()
    left join pg_catalog.pg_index as i on i.indexrelid = l.relation
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
  ),
  leaf as materialized (
    select
      pg_catalog.pg_partition_root(c.oid)::oid as root,
      c.oid,
      c.relkind,
      c.relpages,
      not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
      and not exists (select from locked as l where l.relid in (c.oid, c.reltoastrelid)) as is_measurable
    from pg_catalog.pg_class as c
    where c.relispartition and c.relkind in ('r', 'f') and c.relpersistence <> 't'
  ),
  largest as materialized (
    select
      r.oid,
      n.nspname,
      r.relname,
      pg_catalog.count(l.oid) as partitions,
      pg_catalog.count(l.oid) filter (where l.relkind = 'f') as foreign_partitions,
      pg_catalog.bool_and(l.is_measurable) filter (where l.relkind = 'r') as is_measurable,
      -- Reading sizes is expensive, so it is bounded.
      pg_catalog.sum(pg_catalog.count(l.oid)) over (order by pg_catalog.sum(l.relpages) desc nulls last, r.oid) as partitions_up_to_here,
      greatest(pg_catalog.count(*) over () - 100, 0) as cut
    from pg_catalog.pg_class as r
    join pg_catalog.pg_namespace as n on n.oid = r.relnamespace
    left join leaf as l on l.root = r.oid
    where r.relkind = 'p' and not r.relispartition and r.relpersistence <> 't'
    group by r.oid, n.nspname, r.relname
    order by pg_catalog.sum(l.relpages) desc nulls last, r.oid
    limit 100
  )
select
  t.nspname as schemaname,
  t.relname,
  t.partitions,
  t.foreign_partitions,
  s.size_bytes,
  s.index_size_bytes,
  t.cut
from largest as t
cross join lateral (
  select
    pg_catalog.sum(pg_catalog.pg_table_size(l.oid)) as size_bytes,
    pg_catalog.sum(pg_catalog.pg_indexes_size(l.oid)) as index_size_bytes
  from leaf as l
  where l.root = t.oid and l.relkind = 'r' and t.is_measurable and t.partitions_up_to_here <= 2000
) as s;
