-- What this standby receives and from whom, from pg_stat_wal_receiver; nothing where it streams from none.
--
-- scope:    server
-- interval: 15s
-- requires: capability pg_read_all_stats
--
-- label   upstream_host
-- label   slot_name
-- label   status
-- counter receive_start_lsn: Position in the WAL at which receiving began, as bytes.
-- counter flushed_lsn: Position up to which WAL was received and synced, as bytes.
-- counter last_msg_send_time: When the last message was sent, by the sender's clock, as a Unix time.
-- counter last_msg_receipt_time: When the last message was received, as a Unix time.
-- counter latest_end_lsn: Position of the WAL's end that the sender last told, as bytes.
-- counter latest_end_time: When the sender last told a new end of its WAL, as a Unix time.
-- gauge   receive_start_tli: Timeline at which receiving began.
-- gauge   received_tli: Timeline of what was received last.
-- gauge   upstream_node: Node number in the slot's name, where repmgr gave it.
-- gauge   last_msg_send_timestamp_seconds: When the last message was sent, by the sender's clock, as a Unix time.
-- gauge   last_msg_receipt_timestamp_seconds: When the last message was received, as a Unix time.
-- gauge   latest_end_timestamp_seconds: When the sender last told a new end of its WAL, as a Unix time.
select
  coalesce(w.sender_host, '') as upstream_host,
  coalesce(w.slot_name, '') as slot_name,
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
