-- Subscriptions, whether they are at work and when they last heard of the publisher, from pg_stat_subscription, with the parallel workers that PostgreSQL 16 added.
--
-- scope:    server
-- interval: 15s
--
-- label   datname
-- label   subname
-- gauge   enabled: Whether the subscription is enabled; an error can disable it.
-- gauge   apply_worker_up: Whether the worker that receives and applies the changes runs.
-- gauge   sync_workers: Workers that copy the first contents of tables.
-- gauge   parallel_apply_workers: Workers that apply large transactions beside the apply worker.
-- gauge   last_message_age_seconds: Seconds since the publisher was last heard; absent while no apply worker runs.
-- counter received_bytes_total: Position in the publisher's WAL up to which changes were received, as bytes.
select
  d.datname,
  s.subname,
  s.subenabled::int as enabled,
  w.apply_workers as apply_worker_up,
  w.sync_workers as sync_workers,
  w.parallel_apply_workers,
  extract(epoch from pg_catalog.clock_timestamp() - w.last_message)::float8 as last_message_age_seconds,
  w.received_bytes as received_bytes_total
from pg_catalog.pg_subscription as s
left join pg_catalog.pg_database as d on d.oid = s.subdbid
cross join lateral (
  select
    pg_catalog.count(w.pid) filter (where w.relid is null and w.leader_pid is null) as apply_workers,
    pg_catalog.count(w.pid) filter (where w.relid is not null) as sync_workers,
    pg_catalog.count(w.pid) filter (where w.leader_pid is not null) as parallel_apply_workers,
    pg_catalog.max(w.last_msg_receipt_time) filter (where w.relid is null and w.leader_pid is null) as last_message,
    (pg_catalog.max(w.received_lsn) filter (where w.relid is null and w.leader_pid is null) - '0/0'::pg_lsn)::float8 as received_bytes
  from pg_catalog.pg_stat_subscription as w
  where w.subid = s.oid
) as w
-- A standby has the subscriptions of its primary, and no workers.
where not pg_catalog.pg_is_in_recovery()
order by s.subenabled desc, 1, 2;
