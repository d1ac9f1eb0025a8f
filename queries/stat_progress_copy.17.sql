-- Progress of COPY by table, from pg_stat_progress_copy (PostgreSQL 14). Temporary tables are omitted.
--
-- scope:    database
-- interval: 30s
-- during:   copy
--
-- label schemaname
-- label relname
-- label command
-- label type
-- gauge sessions: Sessions running COPY for this table. relname is empty for COPY of a query and for a table that is not
--    visible to other sessions yet.
-- gauge size_bytes: Size of the source files of COPY FROM; absent if one is not available, for example because a client sends
--    the data.
-- gauge processed_bytes: Bytes processed so far.
-- gauge tuples_processed: Rows processed so far.
-- gauge tuples_excluded: Rows excluded so far by the WHERE clause of COPY.
-- gauge tuples_skipped: Malformed rows skipped so far (ON_ERROR); absent before PostgreSQL 17.
select
  coalesce(n.nspname, '') as schemaname,
  coalesce(c.relname, '') as relname,
  p.command,
  p.type,
  pg_catalog.count(*) as sessions,
  case when pg_catalog.bool_and(p.bytes_total > 0) then pg_catalog.sum(p.bytes_total) end as size_bytes,
  pg_catalog.sum(p.bytes_processed) as processed_bytes,
  pg_catalog.sum(p.tuples_processed) as tuples_processed,
  pg_catalog.sum(p.tuples_excluded) as tuples_excluded,
  pg_catalog.sum(p.tuples_skipped) as tuples_skipped
from pg_catalog.pg_stat_progress_copy as p
left join pg_catalog.pg_class as c on c.oid = p.relid
left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
-- For commands that the role cannot see, relid is null.
where p.datname = pg_catalog.current_database() and c.relpersistence is distinct from 't' and p.relid is not null
group by 1, 2, 3, 4;
