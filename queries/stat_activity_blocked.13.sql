-- Sessions that wait for a lock which another one holds or waits for, from pg_stat_activity.
--
-- scope:    server
-- interval: 15s
-- rows:     2000
-- requires: capability pg_read_all_stats
--
-- label datname
-- label usename
-- gauge sessions: Sessions that wait for a lock now.
-- gauge longest_statement_seconds: Time since the oldest statement that now waits began, so no wait is longer; absent where nobody waits.
with
  waiting as materialized (
    select
      a.pid,
      a.datname,
      coalesce(a.usename, '') as usename,
      a.query_start as runs_since
    from pg_catalog.pg_stat_activity as a
    where a.wait_event_type = 'Lock' and a.datname is not null
  ),
  grouped as (
    select
      w.datname,
      w.usename,
      pg_catalog.count(*) as sessions,
      pg_catalog.min(w.runs_since) as runs_since
    from waiting as w
    group by w.datname, w.usename
  )
select
  g.datname,
  g.usename,
  g.sessions,
  extract(epoch from pg_catalog.clock_timestamp() - g.runs_since)::float8 as longest_statement_seconds
from grouped as g
union all
-- A database where nobody waits counts 0, for alerts that must not lose their series.
select
  d.datname,
  '',
  0,
  null
from pg_catalog.pg_database as d
where d.datallowconn and not exists (select from grouped as g where g.datname = d.datname)
order by sessions desc;
