-- Sessions by database, state, user, application and backend type, from pg_stat_activity. In application_name, numbers of four
-- or more digits are exported as "*".
--
-- scope:    server
-- merge:    datname
-- interval: 15s
-- rows:     5000
--
-- label datname
-- label state
-- label usename
-- label application_name
-- label backend_type
-- gauge count: Backends connected to the database; state is "unknown" if the role cannot see it.
-- gauge max_tx_duration: Seconds since the oldest transaction of a client backend began, 0 for idle backends; the exporter's
--    session is not included.
with
  activity as (
    select
      a.datname,
      case when a.backend_type is null then 'unknown' else coalesce(a.state, '') end as state,
      a.usename,
      -- Process IDs, ports and OIDs would create new series for every session.
      pg_catalog.regexp_replace(a.application_name, '[0-9]{4,}(_[0-9]{4,})*', '*', 'g') as application_name,
      a.backend_type,
      case
        when a.backend_type <> 'client backend' or a.pid = pg_catalog.pg_backend_pid() then null
        when a.xact_start is not null then greatest(0, extract(epoch from pg_catalog.clock_timestamp() - a.xact_start))::float8
        -- 0 outside a transaction. A failed transaction has no xact_start, so its age is unknown.
        when a.state = 'idle' then 0
      end as tx_duration
    from pg_catalog.pg_stat_activity as a
    where a.datname is not null
  ),
  -- Clients choose application_name, so the number of exported values is limited in each database.
  application as (
    select
      a.datname,
      a.application_name,
      pg_catalog.row_number() over (partition by a.datname order by pg_catalog.count(*) desc, a.application_name) <= 20 as is_named
    from activity as a
    group by a.datname, a.application_name
  ),
  grouped as (
    select
      a.datname,
      a.state,
      coalesce(a.usename, '') as usename,
      case when n.is_named then a.application_name else 'other' end as application_name,
      coalesce(a.backend_type, '') as backend_type,
      pg_catalog.count(*) as count,
      pg_catalog.max(a.tx_duration) as max_tx_duration
    from activity as a
    join application as n on n.datname = a.datname and n.application_name is not distinct from a.application_name
    group by 1, 2, 3, 4, 5
  )
select
  g.datname,
  g.state,
  g.usename,
  g.application_name,
  g.backend_type,
  g.count,
  g.max_tx_duration
from grouped as g
union all
-- States without sessions are exported as 0, so that alerts keep their series, unless a session could have the state
-- and the role cannot see it, or track_activities is off for a session. Without a user it is a background process, which can
-- only be active.
select
  d.datname,
  s.state,
  '',
  '',
  '',
  0,
  0
from pg_catalog.pg_database as d
cross join (
  values ('active'), ('idle'), ('idle in transaction'), ('idle in transaction (aborted)'), ('fastpath function call'), ('disabled')
) as s (state)
where
  d.datallowconn
  and not exists (
    select from grouped as g
    where
      g.datname = d.datname
      and (g.state in (s.state, 'disabled') or (g.state = 'unknown' and (g.usename <> '' or s.state = 'active')))
  );
