-- Start time of each running autovacuum, from pg_stat_activity, with the table that pg_stat_progress_vacuum and
-- pg_stat_progress_analyze return.
--
-- scope:    database
-- interval: 15s
-- during:   autovacuum
-- requires: capability pg_read_all_stats
--
-- label schemaname
-- label relname
-- gauge timestamp_seconds: Time at which the autovacuum worker started processing this table or its TOAST table, as a Unix
--    timestamp. schemaname and relname are empty while the worker reports no table: before it begins, and while it
--    summarizes a BRIN index.
select
  coalesce(n.nspname, '') as schemaname,
  coalesce(c.relname, '') as relname,
  extract(epoch from pg_catalog.min(a.xact_start))::float8 as timestamp_seconds
from pg_catalog.pg_stat_activity as a
-- pg_stat_activity shows the names unquoted, so a name with a dot or a space would be ambiguous.
left join (
  select
    v.pid,
    v.relid
  from pg_catalog.pg_stat_progress_vacuum as v
  union all
  select
    s.pid,
    s.relid
  from pg_catalog.pg_stat_progress_analyze as s
) as p on p.pid = a.pid
left join pg_catalog.pg_class as t on t.reltoastrelid = p.relid and t.reltoastrelid <> 0
left join pg_catalog.pg_class as c on c.oid = coalesce(t.oid, p.relid) and c.relpersistence <> 't'
left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where a.backend_type = 'autovacuum worker' and a.datname = pg_catalog.current_database() and a.xact_start is not null
group by 1, 2
order by timestamp_seconds;
