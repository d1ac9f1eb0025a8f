-- WAL positions in bytes; their rates are the WAL written, received and replayed.
--
-- scope:    server
-- interval: 15s
--
-- detail: minimal
-- counter written_bytes_total: WAL position (LSN) up to which this server has written; absent on a standby.
-- counter replayed_bytes_total: WAL position (LSN) up to which this standby has replayed WAL; absent on a primary.
-- detail: standard
-- counter received_bytes_total: WAL position (LSN) up to which this standby has received and flushed WAL; absent on a primary
--    and without streaming replication.
select
  case when not r.is_standby then (pg_catalog.pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 end as written_bytes_total,
  case when r.is_standby then (pg_catalog.pg_last_wal_receive_lsn() - '0/0'::pg_lsn)::float8 end as received_bytes_total,
  case when r.is_standby then (pg_catalog.pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::float8 end as replayed_bytes_total
from (
  select pg_catalog.pg_is_in_recovery() as is_standby
) as r;
