-- Availability of the WAL that each replication slot needs, from pg_replication_slots.
--
-- scope:    server
-- interval: 15s
--
-- label slot_name
-- label slot_type
-- label wal_status
-- within database
-- gauge value: 1 for the WAL status of the slot: reserved, extended, unreserved or lost; absent for a slot that has reserved
--    no WAL.
select
  s.slot_name,
  s.slot_type,
  s.database,
  s.wal_status,
  1 as value
from pg_catalog.pg_replication_slots as s
where s.wal_status is not null;
