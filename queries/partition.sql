-- The largest partitions, with the partitioned table at the root of each.
--
-- scope:    database
-- detail:   full
-- interval: 5m
-- timeout:  30s
-- top:      500 by info
--
-- label schemaname
-- label relname
-- label root_schemaname
-- label root_relname
-- label kind
-- gauge info: 1, with the partitioned table at the root of the partition as labels; kind is "table" or "foreign table".
--    Partitions that are partitioned themselves are not listed.
-- cut   cut
select
  n.nspname as schemaname,
  c.relname,
  m.nspname as root_schemaname,
  r.relname as root_relname,
  case c.relkind when 'f' then 'foreign table' else 'table' end as kind,
  1 as info,
  greatest(pg_catalog.count(*) over () - 500, 0) as cut
from pg_catalog.pg_class as c
join pg_catalog.pg_class as r on r.oid = pg_catalog.pg_partition_root(c.oid)
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_namespace as m on m.oid = r.relnamespace
where c.relispartition and c.relkind in ('r', 'f') and c.relpersistence <> 't'
order by c.relpages desc, c.oid
limit 500;
