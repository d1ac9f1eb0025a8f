-- The standbys that stream from this server and how far behind they are, from pg_stat_replication.
--
-- scope:    server
-- interval: 15s
-- requires: capability pg_read_all_stats
--
-- label application_name
-- label client_addr
-- label state
-- label slot_name
-- gauge pg_current_wal_lsn_bytes: Position in the WAL that this server has written, or on a standby received, as bytes.
-- gauge pg_wal_lsn_diff: Bytes of WAL that the standby has not replayed yet.
select
  r.application_name,
  coalesce(pg_catalog.host(r.client_addr), '') as client_addr,
  coalesce(r.state, '') as state,
  coalesce(s.slot_name, '') as slot_name,
  (pg_catalog.max(p.position) - '0/0'::pg_lsn)::float8 as pg_current_wal_lsn_bytes,
  -- Two connections of one name count as the slower one.
  pg_catalog.max(pg_catalog.pg_wal_lsn_diff(p.position, r.replay_lsn))::float8 as pg_wal_lsn_diff
from pg_catalog.pg_stat_replication as r
left join pg_catalog.pg_replication_slots as s on s.active_pid = r.pid
cross join (
  select case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_receive_lsn() else pg_catalog.pg_current_wal_lsn() end as position
) as p
group by 1, 2, 3, 4;
