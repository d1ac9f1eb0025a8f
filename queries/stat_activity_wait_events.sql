-- Wait events of active backends, from pg_stat_activity. Idle backends and the exporter's session are not included.
--
-- scope:    server
-- detail:   minimal
-- merge:    datname
-- interval: 15s
-- rows:     1000
--
-- label datname
-- label backend_type
-- label wait_event_type
-- label wait_event
-- gauge value: Active backends waiting for this event; wait_event="CPU" if the backend does not wait, and "unknown" for
--    backends of a database, idle or not, that the role cannot see.
select
  coalesce(a.datname, '') as datname,
  coalesce(a.backend_type, 'unknown') as backend_type,
  coalesce(a.wait_event_type, case when a.backend_type is null then 'unknown' else 'CPU' end) as wait_event_type,
  coalesce(a.wait_event, case when a.backend_type is null then 'unknown' else 'CPU' end) as wait_event,
  pg_catalog.count(*) as value
from pg_catalog.pg_stat_activity as a
where
  -- Background processes have no state; idle ones have the wait event type Activity.
  coalesce(a.state, 'active') in ('active', 'fastpath function call')
  and a.wait_event_type is distinct from 'Activity'
  and (a.backend_type is not null or a.datname is not null)
  and a.pid <> pg_catalog.pg_backend_pid()
group by 1, 2, 3, 4
order by value desc;
