-- Recovery state and replication lag of a standby.
--
-- scope:    server
-- interval: 15s
--
-- detail: minimal
-- gauge lag_seconds: Age of the last replayed transaction, in seconds; 0 on a primary, and on a standby that is streaming and
--    has replayed all received WAL. Absent on a standby that has replayed no transaction.
-- gauge is_replica: 1 on a standby, 0 on a primary.
-- gauge last_replay_seconds: Age of the last replayed transaction; it grows while the primary is idle. Absent on a primary
--    and on a standby that has replayed no transaction.
-- gauge receiver_connected: 1 if the WAL receiver of this standby is streaming, 0 otherwise; absent on a primary and on a
--    standby without primary_conninfo, which restores WAL from the archive only. Without pg_read_all_settings also absent
--    until a WAL receiver has been started.
-- gauge unreplayed_bytes: WAL that this standby has received but not replayed; absent on a primary and without streaming
--    replication.
-- detail: standard
-- gauge receiver_last_message_age_seconds: Seconds since this standby last received a message from the server it streams
--    from; absent on a primary, while the standby is not streaming, and without pg_read_all_stats.
select
  case
    when not r.is_replica then 0
    -- Equal positions mean that the standby is up to date only while a WAL receiver is connected.
    when r.has_receiver and r.is_replayed then 0
    -- If the server refuses one of the two, the lag is unknown.
    when not r.has_receiver or not r.is_replayed then r.age
  end as lag_seconds,
  r.is_replica::int as is_replica,
  case when r.is_replica then r.age end as last_replay_seconds,
  case when r.is_replica and (r.has_receiver or r.is_streaming_configured) then r.has_receiver::int end as receiver_connected,
  case when r.is_replica then extract(epoch from pg_catalog.clock_timestamp() - r.last_message)::float8 end as receiver_last_message_age_seconds,
  case when r.is_replica then r.unreplayed_bytes end as unreplayed_bytes
from (
  select
    pg_catalog.pg_is_in_recovery() as is_replica,
    p.received = p.replayed as is_replayed,
    -- With restore_command, replay can be ahead of the streamed position.
    (case when p.replayed >= p.received then 0 else p.received - p.replayed end)::float8 as unreplayed_bytes,
    -- The commit time comes from the primary's clock. It is null if no transaction has been replayed; 0 would report no lag.
    extract(epoch from greatest(pg_catalog.clock_timestamp(), p.replayed_at) - p.replayed_at)::float8 as age,
    -- Without pg_read_all_stats, the WAL receiver is visible but its status is null.
    exists (select from pg_catalog.pg_stat_wal_receiver as w where coalesce(w.status, 'streaming') = 'streaming') as has_receiver,
    -- The position is null until a WAL receiver has been started, which requires primary_conninfo.
    case
      when pg_catalog.pg_has_role('pg_read_all_settings', 'usage') then pg_catalog.current_setting('primary_conninfo') <> ''
      else p.received is not null
    end as is_streaming_configured,
    (select w.last_msg_receipt_time from pg_catalog.pg_stat_wal_receiver as w) as last_message
  from (
    select
      pg_catalog.pg_last_wal_receive_lsn() as received,
      pg_catalog.pg_last_wal_replay_lsn() as replayed,
      pg_catalog.pg_last_xact_replay_timestamp() as replayed_at
  ) as p
) as r;
