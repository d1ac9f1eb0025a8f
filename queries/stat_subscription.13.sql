-- Subscriptions and their workers, from pg_stat_subscription.
--
-- scope:    server
-- interval: 15s
--
-- label   datname
-- label   subname
-- detail: minimal
-- gauge   enabled: 1 if the subscription is enabled, 0 otherwise; an error can disable it (disable_on_error).
-- gauge   apply_worker_up: 1 if the leader apply worker is running, 0 otherwise.
-- counter received_bytes_total: WAL position (LSN) of the publisher up to which changes were received, in bytes; absent while
--    no apply worker is running or it has received no message.
-- detail: standard
-- gauge   sync_workers: Table synchronization workers, which copy the initial data.
-- gauge   last_message_age_seconds: Seconds since a message was last received from the publisher; absent while no apply
--    worker is running or it has received none.
select
  d.datname,
  s.subname,
  s.subenabled::int as enabled,
  case when n.is_unique then w.apply_workers end as apply_worker_up,
  case when n.is_unique then w.sync_workers end as sync_workers,
  case when n.is_unique then extract(epoch from pg_catalog.clock_timestamp() - w.last_message)::float8 end as last_message_age_seconds,
  case when n.is_unique then w.received_bytes end as received_bytes_total
from pg_catalog.pg_subscription as s
left join pg_catalog.pg_database as d on d.oid = s.subdbid
cross join lateral (
  select
    pg_catalog.count(w.pid) filter (where w.relid is null) as apply_workers,
    pg_catalog.count(w.pid) filter (where w.relid is not null) as sync_workers,
    -- Until the worker receives its first message, last_msg_receipt_time is the time at which it started.
    pg_catalog.max(w.last_msg_receipt_time) filter (where w.relid is null and w.received_lsn is not null) as last_message,
    (pg_catalog.max(w.received_lsn) filter (where w.relid is null) - '0/0'::pg_lsn)::float8 as received_bytes
  from pg_catalog.pg_stat_subscription as w
  where w.subname = s.subname
) as w
-- The role may not read oid on this version, so a name used in several databases cannot be assigned to a worker.
cross join lateral (
  select pg_catalog.count(*) = 1 as is_unique
  from pg_catalog.pg_subscription as o
  where o.subname = s.subname
) as n
-- A standby has the subscriptions of its primary but no workers.
where not pg_catalog.pg_is_in_recovery()
order by s.subenabled desc, 1, 2;
