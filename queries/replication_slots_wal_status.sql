-- Whether the WAL that a replication slot needs is still there, from pg_replication_slots.
--
-- scope:    server
-- interval: 15s
--
-- label slot_name
-- label slot_type
-- label wal_status
-- within database
-- gauge value: 1 for the state the slot is in: reserved, extended, unreserved or lost.
select
  s.slot_name,
  s.slot_type,
  s.database,
  s.wal_status,
  1 as value
from pg_catalog.pg_replication_slots as s
where s.wal_status is not null;
