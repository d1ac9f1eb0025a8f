-- Number of tables without a primary key; their rows cannot be identified, for example by logical replication.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- requires: role primary
--
-- gauge value: Tables without a primary key; a partitioned table counts once, without its partitions.
select pg_catalog.count(*) as value
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
  c.relkind in ('r', 'p')
  and not c.relispartition
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
  and not exists (select from pg_catalog.pg_index as i where i.indrelid = c.oid and i.indisprimary);
