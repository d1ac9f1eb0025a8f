-- Client connections by database, user and state, from pg_stat_activity; our own session is left out.
--
-- scope:    server
-- interval: 15s
-- rows:     5000
--
-- label datname
-- label usename
-- label state
-- gauge value: Connections of clients; state is "unknown" where the role may not see it, and then other sessions with a user may be among them.
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
-- A state that nobody is in counts 0, for alerts that must not lose their series; a blind role cannot know.
select
  d.datname,
  '',
  s.state,
  0
from pg_catalog.pg_database as d
cross join (values ('active'), ('idle'), ('idle in transaction'), ('idle in transaction (aborted)')) as s (state)
where
  d.datallowconn
  and pg_catalog.pg_has_role('pg_read_all_stats', 'usage')
  and not exists (select from grouped as g where g.datname = d.datname and g.state = s.state)
order by value desc;
