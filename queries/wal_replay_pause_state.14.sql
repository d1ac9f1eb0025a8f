-- Whether replay is paused on this standby, from pg_get_wal_replay_pause_state(); nothing on a primary.
--
-- scope:    server
-- interval: 15s
--
-- label state
-- gauge value: 1 for the state that replay is in: not paused, pause requested or paused.
select
  s.state,
  (s.state = c.state)::int as value
from (values ('not paused'), ('pause requested'), ('paused')) as s (state)
cross join (
  -- Both would fail on a primary.
  select case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_get_wal_replay_pause_state() end as state
) as c
where c.state is not null;
