-- Whether this server is a standby, how old what it has replayed is, and the parts of which lag is made.
--
-- scope:    server
-- interval: 15s
--
-- gauge lag_seconds: 0 on a primary and on a standby that streams and has replayed all it received; otherwise the age
--    of the last replayed transaction.
-- gauge is_replica: 1 on a standby, 0 on a primary.
-- gauge last_replay_seconds: Age of the last transaction that was replayed; it grows while the primary is idle. Absent on
--    a standby that has replayed none.
-- gauge receiver_connected: Whether this standby streams from another server; absent on a primary.
-- gauge receiver_last_message_age_seconds: Seconds since the server that this standby streams from was last heard; absent
--    while it streams from none.
-- gauge unreplayed_bytes: Bytes of WAL that this standby has received and not replayed; absent on a primary.
select
  case
    when not r.is_replica then 0
    -- Equal positions mean "caught up" only while a receiver can bring more.
    when r.has_receiver and r.is_replayed then 0
    else r.age
  end as lag_seconds,
  r.is_replica::int as is_replica,
  case when r.is_replica then r.age else coalesce(r.age, 0) end as last_replay_seconds,
  case when r.is_replica then r.has_receiver::int end as receiver_connected,
  case when r.is_replica then extract(epoch from pg_catalog.clock_timestamp() - r.last_message)::float8 end as receiver_last_message_age_seconds,
  case when r.is_replica then r.unreplayed_bytes end as unreplayed_bytes
from (
  select
    pg_catalog.pg_is_in_recovery() as is_replica,
    p.received = p.replayed as is_replayed,
    -- Replay can be ahead of what was streamed, from an archive.
    (p.received - least(p.received, p.replayed))::float8 as unreplayed_bytes,
    -- The transaction has the primary's clock; null where none was replayed yet, since 0 would say the opposite.
    extract(epoch from greatest(pg_catalog.clock_timestamp(), p.replayed_at) - p.replayed_at)::float8 as age,
    -- A role without pg_read_all_stats sees that there is a receiver, not its status.
    exists (select from pg_catalog.pg_stat_wal_receiver as w where coalesce(w.status, 'streaming') = 'streaming') as has_receiver,
    (select w.last_msg_receipt_time from pg_catalog.pg_stat_wal_receiver as w) as last_message
  from (
    select
      pg_catalog.pg_last_wal_receive_lsn() as received,
      pg_catalog.pg_last_wal_replay_lsn() as replayed,
      pg_catalog.pg_last_xact_replay_timestamp() as replayed_at
  ) as p
) as r;
