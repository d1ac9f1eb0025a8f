-- What running work waits for, from pg_stat_activity. Sessions that do nothing wait for nothing that matters and are left out, as is our own.
--
-- scope:    server
-- interval: 15s
-- rows:     1000
-- requires: capability pg_read_all_stats
--
-- label datname
-- label backend_type
-- label wait_event_type
-- label wait_event
-- gauge value: Backends at work that wait for this now; wait_event "CPU" is those that wait for nothing.
select
  coalesce(a.datname, '') as datname,
  a.backend_type,
  coalesce(a.wait_event_type, 'CPU') as wait_event_type,
  coalesce(a.wait_event, 'CPU') as wait_event,
  pg_catalog.count(*) as value
from pg_catalog.pg_stat_activity as a
where
  -- Background processes have no state; idle ones wait for an event of the type Activity.
  coalesce(a.state, 'active') in ('active', 'fastpath function call')
  and a.wait_event_type is distinct from 'Activity'
  and a.backend_type is not null
  and a.pid <> pg_catalog.pg_backend_pid()
group by 1, 2, 3, 4
order by value desc;
