-- Why replication slots were lost, from pg_replication_slots.
--
-- scope:    server
-- interval: 15s
-- requires: server >= 17
--
-- label slot_name
-- label slot_type
-- label invalidation_reason
-- within database
-- gauge value: 1 for the reason: wal_removed, rows_removed, wal_level_insufficient or idle_timeout; absent for a slot in order.
select
  s.slot_name,
  s.slot_type,
  s.database,
  s.invalidation_reason,
  1 as value
from pg_catalog.pg_replication_slots as s
where s.invalidation_reason is not null;
