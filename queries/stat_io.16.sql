-- Reads, writes and the like by who did them, on what and how, from pg_stat_io.
--
-- scope:    server
-- interval: 15s
--
-- label   backend_type
-- label   object
-- label   context
-- counter reads_total: Read operations.
-- counter read_bytes_total: Bytes read; the operating system may have had them.
-- counter read_seconds_total: Time spent reading; absent without track_io_timing or, for WAL,
--    track_wal_io_timing.
-- counter writes_total: Write operations.
-- counter write_bytes_total: Bytes written.
-- counter write_seconds_total: Time spent writing; absent without track_io_timing or, for WAL,
--    track_wal_io_timing.
-- counter writebacks_total: Blocks that the operating system was asked to write to storage.
-- counter writeback_seconds_total: Time spent asking the operating system to write to storage; absent without track_io_timing or, for WAL,
--    track_wal_io_timing.
-- counter extends_total: Operations that made a file longer.
-- counter extend_bytes_total: Bytes by which files were made longer.
-- counter extend_seconds_total: Time spent making files longer; absent without track_io_timing or, for WAL,
--    track_wal_io_timing.
-- counter hits_total: Blocks found in a buffer.
-- counter evictions_total: Blocks thrown out of a buffer to make room for another.
-- counter reuses_total: Buffers of a small ring used again, as bulk reads, bulk writes and vacuum do.
-- counter fsyncs_total: Calls of fsync; those for a checkpoint are the checkpointer's.
-- counter fsync_seconds_total: Time spent in fsync; absent without track_io_timing or, for WAL,
--    track_wal_io_timing.
select
  io.backend_type,
  io.object,
  io.context,
  io.reads as reads_total,
  io.reads * io.op_bytes as read_bytes_total,
  t.is_timed * io.read_time / 1000 as read_seconds_total,
  io.writes as writes_total,
  io.writes * io.op_bytes as write_bytes_total,
  t.is_timed * io.write_time / 1000 as write_seconds_total,
  io.writebacks as writebacks_total,
  t.is_timed * io.writeback_time / 1000 as writeback_seconds_total,
  io.extends as extends_total,
  io.extends * io.op_bytes as extend_bytes_total,
  t.is_timed * io.extend_time / 1000 as extend_seconds_total,
  io.hits as hits_total,
  io.evictions as evictions_total,
  io.reuses as reuses_total,
  io.fsyncs as fsyncs_total,
  t.is_timed * io.fsync_time / 1000 as fsync_seconds_total
from pg_catalog.pg_stat_io as io
-- Null where nothing was measured: then 0 would be a lie.
cross join lateral (
  select
    case
      when greatest(io.read_time, io.write_time, io.writeback_time, io.extend_time, io.fsync_time) > 0
        or (
        pg_catalog.current_setting('track_io_timing') = 'on'
        -- Where it is set for one database or role alone, our session's value says nothing of the others.
        and not exists (select from pg_catalog.pg_db_role_setting as o where o.setconfig::text like '%track_io_timing=%')
      )
        then 1
    end::float8 as is_timed
) as t
-- A zero stays, since a counter that appears late loses its first increase; what cannot run in this server goes.
where
  io.backend_type <> 'standalone backend'
  and (io.backend_type not in ('startup', 'walreceiver', 'slotsync worker') or pg_catalog.pg_is_in_recovery());
