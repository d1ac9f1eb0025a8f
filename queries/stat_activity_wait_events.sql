-- Wait events of active backends, from pg_stat_activity. Idle backends and the exporter's session are not included.
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
-- gauge value: Active backends waiting for this event; wait_event="CPU" if the backend does not wait.
select
  coalesce(a.datname, '') as datname,
  a.backend_type,
  coalesce(a.wait_event_type, 'CPU') as wait_event_type,
  coalesce(a.wait_event, 'CPU') as wait_event,
  pg_catalog.count(*) as value
from pg_catalog.pg_stat_activity as a
where
  -- Background processes have no state; idle ones have the wait event type Activity.
  coalesce(a.state, 'active') in ('active', 'fastpath function call')
  and a.wait_event_type is distinct from 'Activity'
  and a.backend_type is not null
  and a.pid <> pg_catalog.pg_backend_pid()
group by 1, 2, 3, 4
order by value desc;
