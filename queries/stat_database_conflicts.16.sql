-- Queries canceled on a standby because they conflicted with replay, by cause, from pg_stat_database_conflicts.
--
-- scope:    server
-- interval: 15s
-- requires: setting track_counts
--
-- label   datname
-- counter confl_tablespace: Queries canceled due to dropped tablespaces; counted only on a standby.
-- counter confl_lock: Queries canceled due to lock timeouts; counted only on a standby.
-- counter confl_snapshot: Queries canceled due to old snapshots; counted only on a standby.
-- counter confl_bufferpin: Queries canceled due to pinned buffers; counted only on a standby.
-- counter confl_deadlock: Queries canceled due to deadlocks; counted only on a standby.
-- untyped confl_active_logicalslot: Uses of logical slots canceled due to old snapshots or a too low wal_level on the
--    primary; counted only on a standby, absent before PostgreSQL 16.
select
  c.datname,
  c.confl_tablespace,
  c.confl_lock,
  c.confl_snapshot,
  c.confl_bufferpin,
  c.confl_deadlock,
  c.confl_active_logicalslot
from pg_catalog.pg_stat_database_conflicts as c;
