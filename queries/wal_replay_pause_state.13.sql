-- Whether replay is paused on this standby, from pg_is_wal_replay_paused(); nothing on a primary.
--
-- scope:    server
-- interval: 15s
--
-- label state
-- gauge value: 1 for the state that replay is in: not paused, pause requested or paused.
select
  s.state,
  (s.state = c.state)::int as value
from (values ('not paused'), ('paused')) as s (state)
cross join (
  -- Both would fail on a primary.
  select case when pg_catalog.pg_is_in_recovery() then case when pg_catalog.pg_is_wal_replay_paused() then 'paused' else 'not paused' end end as state
) as c
where c.state is not null;
