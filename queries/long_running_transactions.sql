-- Open transactions under the names of postgres_exporter, from pg_stat_activity. stat_activity_oldest returns them by
-- database and user.
--
-- scope:    server
-- interval: 15s
-- requires: capability pg_read_all_stats
--
-- gauge value: Open transactions, without those of autovacuum and of the exporter's session; absent while track_activities is
--    off for a session.
-- gauge oldest_timestamp_seconds: Despite its name not a timestamp: seconds since the oldest open transaction began; absent
--    if there is none.
select
  -- With track_activities off, a session does not report its transaction.
  case when pg_catalog.count(*) filter (where a.state = 'disabled') = 0 then pg_catalog.count(a.xact_start) end as value,
  extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.min(a.xact_start))::float8 as oldest_timestamp_seconds
from pg_catalog.pg_stat_activity as a
where
  a.state is distinct from 'idle'
  and a.backend_type is distinct from 'autovacuum worker'
  and a.pid <> pg_catalog.pg_backend_pid();
