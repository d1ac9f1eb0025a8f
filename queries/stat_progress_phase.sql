-- Phase of the running commands that report progress, from the views pg_stat_progress_*. Temporary tables are omitted.
--
-- scope:    database
-- interval: 30s
-- during:   analyze, cluster, create index, vacuum
--
-- label schemaname
-- label relname
-- label command
-- label phase
-- gauge value: Sessions in this phase of this command. relname is empty for a table that is not visible to other sessions
--    yet.
select
  coalesce(n.nspname, '') as schemaname,
  coalesce(c.relname, '') as relname,
  p.command,
  p.phase,
  pg_catalog.count(*) as value
from (
  select
    v.datname,
    v.relid,
    'VACUUM' as command,
    v.phase
  from pg_catalog.pg_stat_progress_vacuum as v
  union all
  select
    a.datname,
    a.relid,
    'ANALYZE',
    a.phase
  from pg_catalog.pg_stat_progress_analyze as a
  union all
  select
    i.datname,
    i.relid,
    i.command,
    i.phase
  from pg_catalog.pg_stat_progress_create_index as i
  union all
  select
    r.datname,
    r.relid,
    r.command,
    r.phase
  from pg_catalog.pg_stat_progress_cluster as r
) as p
left join pg_catalog.pg_class as c on c.oid = p.relid
left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
-- For commands that the role cannot see, relid is null.
where p.datname = pg_catalog.current_database() and c.relpersistence is distinct from 't' and p.relid is not null
group by 1, 2, 3, 4;
