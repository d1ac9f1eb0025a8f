-- Reasons for which replication slots were invalidated, from pg_replication_slots.
--
-- scope:    server
-- interval: 15s
-- requires: server >= 17
--
-- label slot_name
-- label slot_type
-- label invalidation_reason
-- within database
-- gauge value: 1 for the reason for which the slot was invalidated: wal_removed, rows_removed, wal_level_insufficient or
--    idle_timeout; absent for valid slots.
select
  s.slot_name,
  s.slot_type,
  s.database,
  s.invalidation_reason,
  1 as value
from pg_catalog.pg_replication_slots as s
where s.invalidation_reason is not null;
