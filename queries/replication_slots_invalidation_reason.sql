-- Reasons for which replication slots were invalidated, from pg_replication_slots. Slots are merged as in
-- pg_replication_slots_active.
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
select distinct
  n.slot_name,
  s.slot_type,
  s.database,
  s.invalidation_reason,
  1 as value
from pg_catalog.pg_replication_slots as s
-- The name of a temporary slot contains a process ID, that of a table synchronization slot contains OIDs.
cross join lateral (
  select
    case
      when s.temporary then '(temporary)'
      else pg_catalog.regexp_replace(s.slot_name, '_[0-9]+_sync_[0-9]+(_[0-9]+)?$', '_*_sync_*')
    end as slot_name
) as n
where s.invalidation_reason is not null;
