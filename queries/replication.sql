-- Whether this server is a standby, and how old what it has replayed is.
--
-- scope:    server
-- interval: 15s
--
-- gauge lag_seconds: 0 on a primary and on a standby that streams and has replayed all it received; otherwise the age
--    of the last replayed transaction.
-- gauge is_replica: 1 on a standby, 0 on a primary.
-- gauge last_replay_seconds: Age of the last transaction that was replayed; it grows while the primary is idle.
select
  case
    when not r.is_replica then 0
    -- Equal positions mean "caught up" only while a receiver can bring more.
    when r.has_receiver and r.is_replayed then 0
    else r.age
  end as lag_seconds,
  r.is_replica::int as is_replica,
  r.age as last_replay_seconds
from (
  select
    pg_catalog.pg_is_in_recovery() as is_replica,
    pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() as is_replayed,
    greatest(0, extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()))::float8 as age,
    -- A role without pg_read_all_stats sees that there is a receiver, not its status.
    exists (select from pg_catalog.pg_stat_wal_receiver as w where coalesce(w.status, 'streaming') = 'streaming') as has_receiver
) as r;
