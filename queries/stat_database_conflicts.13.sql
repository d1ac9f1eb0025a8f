-- Queries that a standby cancelled because they were in the way of replay, by cause, from pg_stat_database_conflicts.
--
-- scope:    server
-- interval: 15s
--
-- label   datname
-- counter confl_tablespace: Queries cancelled because of a dropped tablespace; only on standbys.
-- counter confl_lock: Queries cancelled because of locks; only on standbys.
-- counter confl_snapshot: Queries cancelled because of old snapshots; only on standbys.
-- counter confl_bufferpin: Queries cancelled because of pinned buffers; only on standbys.
-- counter confl_deadlock: Queries cancelled because of deadlocks; only on standbys.
select
  c.datname,
  c.confl_tablespace,
  c.confl_lock,
  c.confl_snapshot,
  c.confl_bufferpin,
  c.confl_deadlock
from pg_catalog.pg_stat_database_conflicts as c;
