-- Replication slots: retained WAL and transaction IDs, and activity, from pg_replication_slots, with conflicts (PostgreSQL
-- 16) and failover (PostgreSQL 17).
-- Temporary slots are merged into slot_name="(temporary)", slots of table synchronization into "pg_*_sync_*"; each
-- value is that of the worst slot.
--
-- scope:    server
-- interval: 15s
--
-- label slot_name
-- label slot_type
-- label database
-- detail: minimal
-- gauge active: 1 if the slot is in use, 0 otherwise.
-- gauge pg_wal_lsn_diff: WAL retained by the slot, in bytes; absent for a slot that has reserved no WAL or is lost.
-- gauge synced: 1 if the logical slot was synchronized from a primary, 0 otherwise; absent before PostgreSQL 17.
-- detail: standard
-- gauge slot_is_active: 1 if the slot is in use, 0 otherwise.
-- gauge slot_current_wal_lsn: Current WAL position (LSN) of this server, in bytes: the write position of a primary, the
--    receive or replay position of a standby.
-- gauge slot_confirmed_flush_lsn: Position (LSN) up to which the consumer of a logical slot has confirmed receipt, in bytes;
--    absent for physical slots and while the slot is not in use.
-- gauge safe_wal_size_bytes: WAL that can still be written before the slot is in danger of being lost; absent if
--    max_slot_wal_keep_size is -1, for a slot that has reserved no WAL or is lost, and on a standby.
-- gauge unconfirmed_bytes: WAL that the consumer of a logical slot has not confirmed; absent for physical and lost slots.
-- gauge xmin_age: Age of the oldest transaction whose dead rows the slot protects from vacuum, in transactions; absent if
--    there is none.
-- gauge catalog_xmin_age: Age of the oldest transaction whose dead catalog rows the slot protects from vacuum, in
--    transactions; absent if there is none.
-- gauge conflicting: 1 if the logical slot was invalidated by a conflict with recovery, 0 otherwise; absent for physical
--    slots and before PostgreSQL 16.
-- gauge failover: 1 if the logical slot is enabled to be synchronized to standbys, 0 otherwise; absent before PostgreSQL 17.
-- gauge inactive_seconds: Seconds since the slot became inactive or was last synchronized; absent while it is in use and
--    before PostgreSQL 17.
select
  n.slot_name,
  s.slot_type,
  coalesce(s.database, '') as database,
  pg_catalog.min(s.active::int) as active,
  pg_catalog.min(s.active::int) as slot_is_active,
  pg_catalog.max(h.retained_bytes) as pg_wal_lsn_diff,
  pg_catalog.max((p.position - '0/0'::pg_lsn)::float8) as slot_current_wal_lsn,
  pg_catalog.min(case when s.active then (s.confirmed_flush_lsn - '0/0'::pg_lsn)::float8 end) as slot_confirmed_flush_lsn,
  pg_catalog.min(case when p.is_known and s.restart_lsn is not null then s.safe_wal_size end) as safe_wal_size_bytes,
  pg_catalog.max(case when h.is_kept then (case when p.position < s.confirmed_flush_lsn then s.confirmed_flush_lsn else p.position end - s.confirmed_flush_lsn)::float8 end) as unconfirmed_bytes,
  pg_catalog.max(case when h.is_kept then pg_catalog.age(s.xmin) end) as xmin_age,
  pg_catalog.max(case when h.is_kept then pg_catalog.age(s.catalog_xmin) end) as catalog_xmin_age,
  pg_catalog.max(s.conflicting::int) as conflicting,
  pg_catalog.min(s.failover::int) as failover,
  pg_catalog.min(s.synced::int) as synced,
  pg_catalog.max(extract(epoch from pg_catalog.clock_timestamp() - s.inactive_since)::float8) as inactive_seconds
from pg_catalog.pg_replication_slots as s
cross join (
  select
    case
      when pg_catalog.pg_is_in_recovery() then greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
      else pg_catalog.pg_current_wal_lsn()
    end as position,
    -- PostgreSQL computes safe_wal_size from the write position, which is 0 in recovery.
    not pg_catalog.pg_is_in_recovery() as is_known
) as p
-- The name of a temporary slot contains a process ID, that of a table synchronization slot contains OIDs.
cross join lateral (
  select
    case
      when s.temporary then '(temporary)'
      else pg_catalog.regexp_replace(s.slot_name, '_[0-9]+_sync_[0-9]+(_[0-9]+)?$', '_*_sync_*')
    end as slot_name
) as n
-- A lost slot may still have a restart_lsn but does not retain anything.
cross join lateral (
  select
    s.wal_status is distinct from 'lost' as is_kept,
    case when s.wal_status is distinct from 'lost' then (case when p.position < s.restart_lsn then s.restart_lsn else p.position end - s.restart_lsn)::float8 end as retained_bytes
) as h
group by 1, 2, 3
order by pg_wal_lsn_diff desc nulls last;
