-- Standbys, subscribers and backups that stream from this server, and their lag, from pg_stat_replication. Temporary slots are
-- exported as slot_name="(temporary)", table synchronization workers as application_name="pg_*_sync_*".
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
-- detail: minimal
-- gauge replay_lag_bytes: WAL that the standby has not replayed yet, in bytes.
-- gauge replay_lag_seconds: Time from flushing recent WAL locally until the standby reported that it had replayed it; absent
--    while there is no recent WAL and for clients that report no such position.
-- detail: standard
-- gauge pg_current_wal_lsn_bytes: Current WAL position (LSN) of this server, in bytes: the write position of a primary, the
--    receive or replay position of a standby.
-- gauge pg_wal_lsn_diff: WAL that the standby has not replayed yet, in bytes.
-- gauge sent_lag_bytes: WAL that has not been sent to the standby yet.
-- gauge write_lag_bytes: WAL that the standby has not written yet.
-- gauge flush_lag_bytes: WAL that the standby has not flushed to disk yet.
-- gauge write_lag_seconds: Time from flushing recent WAL locally until the standby reported that it had written it; absent
--    while there is no recent WAL and for clients that report no such position.
-- gauge flush_lag_seconds: Time from flushing recent WAL locally until the standby reported that it had flushed it; absent
--    while there is no recent WAL and for clients that report no such position.
-- gauge sync_priority: Priority of the standby in synchronous_standby_names, starting with 1; 0 for an asynchronous standby.
select
  n.application_name,
  coalesce(pg_catalog.host(r.client_addr), '') as client_addr,
  coalesce(r.state, '') as state,
  n.slot_name,
  s.database,
  (pg_catalog.max(p.position) - '0/0'::pg_lsn)::float8 as pg_current_wal_lsn_bytes,
  -- Connections with the same labels are reported as one, with the values of the slowest.
  pg_catalog.max(case when p.position < r.replay_lsn then r.replay_lsn else p.position end - r.replay_lsn)::float8 as pg_wal_lsn_diff,
  pg_catalog.max(case when p.position < r.sent_lsn then r.sent_lsn else p.position end - r.sent_lsn)::float8 as sent_lag_bytes,
  pg_catalog.max(case when p.position < r.write_lsn then r.write_lsn else p.position end - r.write_lsn)::float8 as write_lag_bytes,
  pg_catalog.max(case when p.position < r.flush_lsn then r.flush_lsn else p.position end - r.flush_lsn)::float8 as flush_lag_bytes,
  pg_catalog.max(case when p.position < r.replay_lsn then r.replay_lsn else p.position end - r.replay_lsn)::float8 as replay_lag_bytes,
  -- A client that never reports the position, such as pg_receivewal the replay position, has a lag that grows forever.
  extract(epoch from pg_catalog.max(r.write_lag) filter (where r.write_lsn is not null))::float8 as write_lag_seconds,
  extract(epoch from pg_catalog.max(r.flush_lag) filter (where r.flush_lsn is not null))::float8 as flush_lag_seconds,
  extract(epoch from pg_catalog.max(r.replay_lag) filter (where r.replay_lsn is not null))::float8 as replay_lag_seconds,
  pg_catalog.max(r.sync_priority) as sync_priority
from pg_catalog.pg_stat_replication as r
left join pg_catalog.pg_replication_slots as s on s.active_pid = r.pid
-- The name of a temporary slot contains a process ID, that of a table synchronization slot contains OIDs.
cross join lateral (
  select
    pg_catalog.regexp_replace(r.application_name, '_[0-9]+_sync_[0-9]+(_[0-9]+)?$', '_*_sync_*') as application_name,
    case
      when s.temporary then '(temporary)'
      else coalesce(pg_catalog.regexp_replace(s.slot_name, '_[0-9]+_sync_[0-9]+(_[0-9]+)?$', '_*_sync_*'), '')
    end as slot_name
) as n
cross join (
  select
    case
      when pg_catalog.pg_is_in_recovery() then greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
      else pg_catalog.pg_current_wal_lsn()
    end as position
) as p
group by 1, 2, 3, 4, 5
order by 7 desc nulls last;
