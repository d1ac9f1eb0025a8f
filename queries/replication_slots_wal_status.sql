-- Availability of the WAL that each replication slot needs, from pg_replication_slots. Slots are merged as in
-- pg_replication_slots_active.
--
-- scope:    server
-- detail:   minimal
-- interval: 15s
--
-- label slot_name
-- label slot_type
-- label wal_status
-- within database
-- gauge value: 1 for the WAL status of the slot: reserved, extended, unreserved or lost; absent for a slot that has reserved
--    no WAL, and on a standby unless it is unreserved or lost.
select distinct
  n.slot_name,
  s.slot_type,
  s.database,
  s.wal_status,
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
where
  s.wal_status is not null
  -- PostgreSQL computes the status from the write position, which is 0 in recovery: a slot is then reserved until it is lost.
  and (s.wal_status in ('unreserved', 'lost') or not pg_catalog.pg_is_in_recovery());
