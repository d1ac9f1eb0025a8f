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
-- within database
-- gauge pg_current_wal_lsn_bytes: Position in the WAL that this server has written, or on a standby received, as bytes.
-- gauge pg_wal_lsn_diff: Bytes of WAL that the standby has not replayed yet.
-- gauge sent_lag_bytes: Bytes of WAL that have not been sent yet.
-- gauge write_lag_bytes: Bytes of WAL that the standby has not written yet.
-- gauge flush_lag_bytes: Bytes of WAL that the standby has not synced to its disk yet.
-- gauge replay_lag_bytes: Bytes of WAL that the standby has not replayed yet.
-- gauge write_lag_seconds: Time until the standby had written recent WAL; absent when there was none to measure.
-- gauge flush_lag_seconds: Time until the standby had synced recent WAL to its disk; absent when there was none to measure.
-- gauge replay_lag_seconds: Time until the standby had replayed recent WAL; absent when there was none to measure.
-- gauge sync_priority: Rank in synchronous_standby_names, 1 before 2; 0 for a standby that commits do not wait for.
select
  r.application_name,
  coalesce(pg_catalog.host(r.client_addr), '') as client_addr,
  coalesce(r.state, '') as state,
  coalesce(s.slot_name, '') as slot_name,
  s.database,
  (pg_catalog.max(p.position) - '0/0'::pg_lsn)::float8 as pg_current_wal_lsn_bytes,
  -- Two connections of one name count as the slower one.
  pg_catalog.max(greatest(p.position, r.replay_lsn) - r.replay_lsn)::float8 as pg_wal_lsn_diff,
  pg_catalog.max(greatest(p.position, r.sent_lsn) - r.sent_lsn)::float8 as sent_lag_bytes,
  pg_catalog.max(greatest(p.position, r.write_lsn) - r.write_lsn)::float8 as write_lag_bytes,
  pg_catalog.max(greatest(p.position, r.flush_lsn) - r.flush_lsn)::float8 as flush_lag_bytes,
  pg_catalog.max(greatest(p.position, r.replay_lsn) - r.replay_lsn)::float8 as replay_lag_bytes,
  extract(epoch from pg_catalog.max(r.write_lag))::float8 as write_lag_seconds,
  extract(epoch from pg_catalog.max(r.flush_lag))::float8 as flush_lag_seconds,
  extract(epoch from pg_catalog.max(r.replay_lag))::float8 as replay_lag_seconds,
  pg_catalog.max(r.sync_priority) as sync_priority
from pg_catalog.pg_stat_replication as r
left join pg_catalog.pg_replication_slots as s on s.active_pid = r.pid
cross join (
  select
    case
      when pg_catalog.pg_is_in_recovery() then greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
      else pg_catalog.pg_current_wal_lsn()
    end as position
) as p
group by 1, 2, 3, 4, 5
order by 7 desc nulls last;
