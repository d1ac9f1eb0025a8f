-- The largest tables without a primary key.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      100 by value
-- requires: role primary
--
-- label schemaname
-- label relname
-- gauge value: 1 for a table without a primary key; a partitioned table is listed once, without its partitions.
-- cut   cut
select
  n.nspname as schemaname,
  c.relname,
  1 as value,
  greatest(pg_catalog.count(*) over () - 100, 0) as cut
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
  c.relkind in ('r', 'p')
  and not c.relispartition
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
  and not exists (select from pg_catalog.pg_index as i where i.indrelid = c.oid and i.indisprimary)
-- Partitioned tables have no pages; they sort first because they are usually large.
order by c.relkind = 'p' desc, c.relpages desc, c.oid
limit 100;
