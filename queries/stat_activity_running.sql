-- Client sessions with a long-running statement or transaction, by age, from pg_stat_activity. Sessions of pgvitals, and of
-- users whose sessions the role cannot see, are not included.
--
-- scope:    server
-- merge:    datname
-- interval: 15s
-- rows:     5000
--
-- label   datname
-- label   usename
-- label   state
-- label   older_than
-- gauge   value: Client sessions whose statement or transaction is older than older_than. Cumulative: an older session also
--    counts for every shorter age.
select
  s.datname,
  s.usename,
  s.state,
  a.older_than,
  pg_catalog.count(*) filter (where s.since < pg_catalog.clock_timestamp() - a.older_than::interval) as value
from (
  select
    datname,
    usename,
    state,
    -- query_start of a session that is idle in transaction belongs to a finished statement.
    least(xact_start, case when state in ('active', 'fastpath function call') then query_start end) as since
  from pg_catalog.pg_stat_activity
  where
    backend_type = 'client backend'
    and state <> 'idle'
    -- Our own sessions, in all databases and with all credentials.
    and application_name is distinct from 'pgvitals'
) as s
cross join (values ('1s'), ('10s'), ('1m'), ('10m'), ('1h')) as a (older_than)
where s.since is not null
group by s.datname, s.usename, s.state, a.older_than
order by a.older_than::interval desc;
