-- Sessions whose statement or transaction has been running for long, by how long.
--
-- scope:    server
-- interval: 15s
-- rows:     5000
-- requires: capability pg_read_all_stats
--
-- label   datname
-- label   usename
-- label   state
-- label   older_than
-- gauge   value: Client sessions whose statement or transaction is older than this; an older one counts in each shorter age too.
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
    -- A session that is idle in a transaction runs no statement any more.
    least(xact_start, case when state in ('active', 'fastpath function call') then query_start end) as since
  from pg_catalog.pg_stat_activity
  where
    backend_type = 'client backend'
    and state <> 'idle'
    -- Our own sessions, in this database and in others, with whichever credential.
    and application_name is distinct from 'pgvitals'
) as s
cross join (values ('1s'), ('10s'), ('1m'), ('10m'), ('1h')) as a (older_than)
where s.since is not null
group by s.datname, s.usename, s.state, a.older_than
order by a.older_than::interval desc;
