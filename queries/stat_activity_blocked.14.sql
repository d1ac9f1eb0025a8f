-- Sessions waiting for a lock, from pg_stat_activity.
--
-- scope:    server
-- detail:   minimal
-- merge:    datname
-- interval: 15s
-- rows:     2000
--
-- label datname
-- label usename
-- gauge sessions: Sessions waiting for a lock.
-- gauge longest_wait_seconds: Duration of the longest lock wait; absent if no session waits and before PostgreSQL 14.
-- gauge longest_statement_seconds: Seconds since the oldest statement that is waiting for a lock began, an upper bound of the
--    wait; absent if no session waits, and for users whose sessions the role cannot see.
with
  waiting as materialized (
    select
      a.pid,
      a.datname,
      coalesce(a.usename, '') as usename,
      a.query_start as runs_since
    from pg_catalog.pg_stat_activity as a
    where
      a.datname is not null
      and (
        a.wait_event_type = 'Lock'
        -- A session whose wait event the role cannot see.
        or (a.backend_type is null and a.pid in (select l.pid from pg_catalog.pg_locks as l where not l.granted))
      )
  ),
  -- pg_locks is read only if a session waits.
  wait as materialized (
    select
      l.pid,
      pg_catalog.min(l.waitstart) as waits_since
    from pg_catalog.pg_locks as l
    where not l.granted and (select exists (select from waiting as w))
    group by l.pid
  ),
  grouped as (
    select
      w.datname,
      w.usename,
      pg_catalog.count(*) as sessions,
      pg_catalog.min(l.waits_since) as waits_since,
      pg_catalog.min(w.runs_since) as runs_since
    from waiting as w
    left join wait as l on l.pid = w.pid
    group by w.datname, w.usename
  )
select
  g.datname,
  g.usename,
  g.sessions,
  extract(epoch from pg_catalog.clock_timestamp() - g.waits_since)::float8 as longest_wait_seconds,
  extract(epoch from pg_catalog.clock_timestamp() - g.runs_since)::float8 as longest_statement_seconds
from grouped as g
union all
-- Databases without waiting sessions are exported as 0, so that alerts keep their series.
select
  d.datname,
  '',
  0,
  null,
  null
from pg_catalog.pg_database as d
where d.datallowconn and not exists (select from grouped as g where g.datname = d.datname)
order by sessions desc;
