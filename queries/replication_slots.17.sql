-- Replication slots: what they hold back and whether anybody uses them, from pg_replication_slots, with what PostgreSQL 16 and 17 added.
--
-- scope:    server
-- interval: 15s
--
-- label slot_name
-- label slot_type
-- label database
-- gauge active: Whether the slot is in use.
-- gauge slot_is_active: Whether the slot is in use.
-- gauge pg_wal_lsn_diff: Bytes of WAL that the slot holds back; absent for a slot that holds none or was lost.
-- gauge slot_current_wal_lsn: Position in the WAL that this server has written, or on a standby received, as bytes.
-- gauge slot_confirmed_flush_lsn: Position up to which a logical slot in use has confirmed receipt, as bytes.
-- gauge safe_wal_size_bytes: Bytes of WAL that may still be written before the slot may be lost; absent without a limit.
-- gauge unconfirmed_bytes: Bytes of WAL whose receipt a logical slot has not confirmed, in use or not.
-- gauge xmin_age: Transactions since the oldest whose dead rows the slot keeps from vacuum.
-- gauge catalog_xmin_age: Transactions since the oldest whose dead catalog rows the slot keeps from vacuum.
-- gauge conflicting: Whether recovery conflicted with the logical slot, which then is lost; absent for a physical slot.
-- gauge failover: Whether the slot is copied to standbys, to outlive a failover.
-- gauge synced: Whether the slot is such a copy, made on this standby.
-- gauge inactive_seconds: Seconds since the slot was last in use or copied; absent while it is in use.
select
  s.slot_name,
  s.slot_type,
  coalesce(s.database, '') as database,
  s.active::int as active,
  s.active::int as slot_is_active,
  h.retained_bytes as pg_wal_lsn_diff,
  (p.position - '0/0'::pg_lsn)::float8 as slot_current_wal_lsn,
  case when s.active then (s.confirmed_flush_lsn - '0/0'::pg_lsn)::float8 end as slot_confirmed_flush_lsn,
  s.safe_wal_size as safe_wal_size_bytes,
  case when h.is_kept then (greatest(p.position, s.confirmed_flush_lsn) - s.confirmed_flush_lsn)::float8 end as unconfirmed_bytes,
  case when h.is_kept then pg_catalog.age(s.xmin) end as xmin_age,
  case when h.is_kept then pg_catalog.age(s.catalog_xmin) end as catalog_xmin_age,
  s.conflicting::int as conflicting,
  s.failover::int as failover,
  s.synced::int as synced,
  extract(epoch from pg_catalog.clock_timestamp() - s.inactive_since)::float8 as inactive_seconds
from pg_catalog.pg_replication_slots as s
cross join (
  select
    case
      when pg_catalog.pg_is_in_recovery() then greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
      else pg_catalog.pg_current_wal_lsn()
    end as position
) as p
-- A lost slot may still name a position, and holds nothing back.
cross join lateral (
  select
    s.wal_status is distinct from 'lost' as is_kept,
    case when s.wal_status is distinct from 'lost' then (greatest(p.position, s.restart_lsn) - s.restart_lsn)::float8 end as retained_bytes
) as h
order by h.retained_bytes desc nulls last;
