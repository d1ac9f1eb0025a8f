-- Replay pause state of this standby, from pg_get_wal_replay_pause_state(). No rows on a primary.
--
-- scope:    server
-- interval: 15s
--
-- label state
-- gauge value: 1 for the current replay state: not paused, pause requested (PostgreSQL 14 and later) or paused; 0 for the
--    others.
select
  s.state,
  (s.state = c.state)::int as value
from (values ('not paused'), ('pause requested'), ('paused')) as s (state)
cross join (
  -- Both functions fail on a primary.
  select case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_get_wal_replay_pause_state() end as state
) as c
where c.state is not null;
