-- How far the copying from and to a table has come, from pg_stat_progress_copy, new in PostgreSQL 14.
--
-- scope:    database
-- interval: 30s
--
-- label schemaname
-- label relname
-- label command
-- label type
-- gauge sessions: Sessions that copy from or to this table now; relname is empty for a query or a table that nobody else can see yet.
-- gauge size_bytes: Size of the files that are read; absent where one is not known, as from a client.
-- gauge processed_bytes: Bytes read or written so far.
-- gauge tuples_processed: Rows read or written so far.
-- gauge tuples_excluded: Rows left out so far by the command's "where".
select
  coalesce(n.nspname, '') as schemaname,
  coalesce(c.relname, '') as relname,
  p.command,
  p.type,
  pg_catalog.count(*) as sessions,
  case when pg_catalog.bool_and(p.bytes_total > 0) then pg_catalog.sum(p.bytes_total) end as size_bytes,
  pg_catalog.sum(p.bytes_processed) as processed_bytes,
  pg_catalog.sum(p.tuples_processed) as tuples_processed,
  pg_catalog.sum(p.tuples_excluded) as tuples_excluded
from pg_catalog.pg_stat_progress_copy as p
left join pg_catalog.pg_class as c on c.oid = p.relid
left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
-- A command that the role may not see has no relation.
where p.datname = pg_catalog.current_database() and p.relid is not null
group by 1, 2, 3, 4;
