-- Client connections by database, user and state, from pg_stat_activity, without the exporter's session.
--
-- scope:    server
-- detail:   minimal
-- merge:    datname
-- interval: 15s
-- rows:     5000
--
-- label datname
-- label usename
-- label state
-- gauge value: Client connections; state is "unknown" if the role cannot see it, and the number may then include other
--    backends of the user.
with
  grouped as (
    select
      a.datname,
      a.usename,
      coalesce(a.state, 'unknown') as state,
      pg_catalog.count(*) as value
    from pg_catalog.pg_stat_activity as a
    where
      a.datname is not null
      and a.usename is not null
      and coalesce(a.backend_type, 'client backend') = 'client backend'
      and a.pid <> pg_catalog.pg_backend_pid()
    group by a.datname, a.usename, coalesce(a.state, 'unknown')
  )
select
  g.datname,
  g.usename,
  g.state,
  g.value
from grouped as g
union all
-- States without sessions are exported as 0, so that alerts keep their series, unless the role cannot see the state
-- of a session, or track_activities is off for it.
select
  d.datname,
  '',
  s.state,
  0
from pg_catalog.pg_database as d
cross join (values ('active'), ('idle'), ('idle in transaction'), ('idle in transaction (aborted)')) as s (state)
where
  d.datallowconn
  and not exists (select from grouped as g where g.datname = d.datname and g.state in (s.state, 'unknown', 'disabled'))
order by value desc;
