-- Indexes without scans since the statistics were reset, on this server. Unique, exclusion and replica identity indexes are
-- not listed.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      100 (standard 20) by bytes
-- requires: role primary
-- requires: setting track_counts
-- parts:    select i.indexrelid from pg_catalog.pg_index as i
--
-- label schemaname
-- label relname
-- label indexrelname
-- gauge bytes: Disk space used by an index without scans since the statistics were reset or the index was created; partitions
--    are included.
-- cut   cut
with
  locked as materialized (
    select l.relation
    from pg_catalog.pg_locks as l
    join pg_catalog.pg_database as d on d.oid = l.database and d.datname = pg_catalog.current_database()
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
  ),
  -- Only the index of the partitioned table can be dropped, so the scans of all its partitions are summed.
  used as materialized (
    select
      coalesce(r.root, i.indexrelid) as root,
      i.indexrelid,
      c.relpages,
      sum(pg_catalog.pg_stat_get_numscans(i.indexrelid)) over (partition by coalesce(r.root, i.indexrelid)) as scans,
      bool_or(l.relation is not null) over (partition by coalesce(r.root, i.indexrelid)) as is_locked
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid and c.relkind = 'i' and c.relpersistence <> 't'
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join lateral (
      select pg_catalog.pg_partition_root(i.indexrelid)::oid as root
    ) as r on c.relispartition
    left join (select distinct l.relation from locked as l) as l on l.relation = i.indexrelid
    where
      i.indisvalid
      and not i.indisunique
      and not i.indisexclusion
      and not i.indisreplident
      and n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
  ),
  -- relpages is available without reading files, so it selects the largest relations, whose files are then measured.
  largest as materialized (
    select
      u.root,
      pg_catalog.array_agg(u.indexrelid) as indexes,
      greatest(pg_catalog.count(*) over () - 100, 0) as cut
    from used as u
    where
      u.scans = 0
      and not u.is_locked
      -- All partitions of an index belong to the part of its root.
      and coalesce(u.root = any (nullif(pg_catalog.current_setting('pgvitals.parts', true), '')::oid[]), true)
    group by u.root
    order by sum(u.relpages) desc, u.root
    limit 100
  )
select
  n.nspname as schemaname,
  t.relname,
  c.relname as indexrelname,
  (select sum(pg_catalog.pg_table_size(i.oid)) from pg_catalog.unnest(u.indexes) as i (oid)) as bytes,
  u.cut
from largest as u
join pg_catalog.pg_index as i on i.indexrelid = u.root
join pg_catalog.pg_class as c on c.oid = u.root
join pg_catalog.pg_class as t on t.oid = i.indrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
order by bytes desc, u.root;
