-- The WAL receiver of this standby, from pg_stat_wal_receiver. No rows while none is running.
--
-- scope:    server
-- interval: 15s
-- requires: capability pg_read_all_stats
--
-- label   upstream_host
-- label   slot_name
-- label   status
-- counter receive_start_lsn: WAL position (LSN) at which the WAL receiver started, in bytes.
-- counter flushed_lsn: WAL position (LSN) up to which WAL was received and flushed to disk, in bytes.
-- counter last_msg_send_time: Send time of the last message, by the sender's clock, as a Unix timestamp.
-- counter last_msg_receipt_time: Receipt time of the last message, as a Unix timestamp.
-- counter latest_end_lsn: End of WAL (LSN) last reported by the sender, in bytes.
-- counter latest_end_time: Time at which the sender last reported a new end of WAL, as a Unix timestamp.
-- gauge   receive_start_tli: Timeline at which the WAL receiver started.
-- gauge   received_tli: Timeline of the WAL last received and flushed to disk.
-- gauge   upstream_node: Node number in the name of the slot, if repmgr created it; absent otherwise.
-- gauge   last_msg_send_timestamp_seconds: Send time of the last message, by the sender's clock, as a Unix timestamp.
-- gauge   last_msg_receipt_timestamp_seconds: Receipt time of the last message, as a Unix timestamp.
-- gauge   latest_end_timestamp_seconds: Time at which the sender last reported a new end of WAL, as a Unix timestamp.
select
  coalesce(w.sender_host, '') as upstream_host,
  -- The name of a temporary slot contains a process ID (wal_receiver_create_temp_slot).
  case when w.slot_name ~ '^pg_walreceiver_[0-9]+$' then '(temporary)' else coalesce(w.slot_name, '') end as slot_name,
  w.status,
  (w.receive_start_lsn - '0/0'::pg_lsn)::float8 as receive_start_lsn,
  (w.flushed_lsn - '0/0'::pg_lsn)::float8 as flushed_lsn,
  extract(epoch from w.last_msg_send_time)::float8 as last_msg_send_time,
  extract(epoch from w.last_msg_receipt_time)::float8 as last_msg_receipt_time,
  (w.latest_end_lsn - '0/0'::pg_lsn)::float8 as latest_end_lsn,
  extract(epoch from w.latest_end_time)::float8 as latest_end_time,
  w.receive_start_tli,
  w.received_tli,
  substring(w.slot_name from 'repmgr_slot_([0-9]+)')::float8 as upstream_node,
  extract(epoch from w.last_msg_send_time)::float8 as last_msg_send_timestamp_seconds,
  extract(epoch from w.last_msg_receipt_time)::float8 as last_msg_receipt_timestamp_seconds,
  extract(epoch from w.latest_end_time)::float8 as latest_end_timestamp_seconds
from pg_catalog.pg_stat_wal_receiver as w
where w.status is not null;
