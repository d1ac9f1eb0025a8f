-- I/O operations by backend type, object and context, from pg_stat_io.
--
-- scope:    server
-- interval: 15s
--
-- label   backend_type
-- label   object
-- label   context
-- counter reads_total: Read operations.
-- counter read_seconds_total: Time spent in read operations; absent without track_io_timing or, for WAL, track_wal_io_timing.
-- counter writes_total: Write operations.
-- counter write_seconds_total: Time spent in write operations; absent without track_io_timing or, for WAL,
--    track_wal_io_timing.
-- detail: full
-- counter read_bytes_total: Bytes read; they may have come from the cache of the operating system.
-- counter write_bytes_total: Bytes written.
-- counter writebacks_total: Blocks that the process requested the kernel to write to permanent storage.
-- counter writeback_seconds_total: Time spent in writeback operations; absent without track_io_timing or, for WAL,
--    track_wal_io_timing.
-- counter extends_total: Relation extend operations.
-- counter extend_bytes_total: Bytes by which relations were extended.
-- counter extend_seconds_total: Time spent in extend operations; absent without track_io_timing or, for WAL,
--    track_wal_io_timing.
-- counter hits_total: Blocks found in a shared or local buffer.
-- counter evictions_total: Blocks evicted from a shared or local buffer to make it available for another use.
-- counter reuses_total: Buffers reused in a ring buffer, in the contexts bulkread, bulkwrite and vacuum.
-- counter fsyncs_total: Calls of fsync, tracked in the context normal only; those of checkpoints are made by the
--    checkpointer.
-- counter fsync_seconds_total: Time spent in fsync; absent without track_io_timing or, for WAL, track_wal_io_timing.
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
-- 1, or null for times that are not measured, because 0 would be false. If there is a database-specific or role-specific
-- setting, sessions differ, and only a time above 0 is certainly measured.
cross join lateral (
  select
    case
      when case
          when not exists (
              select
              from pg_catalog.pg_db_role_setting as o
              cross join lateral pg_catalog.unnest(o.setconfig) as c (entry)
              where c.entry like 'track_io_timing=%'
            )
            then pg_catalog.current_setting('track_io_timing')::bool
          else greatest(io.read_time, io.write_time, io.writeback_time, io.extend_time, io.fsync_time) > 0
        end
        then 1
    end::float8 as is_timed
) as t
-- Zeros are kept: a counter that appears later loses its first increase. Backend types that cannot run on this server are
-- dropped.
where
  io.backend_type <> 'standalone backend'
  and (io.backend_type not in ('startup', 'walreceiver', 'slotsync worker') or pg_catalog.pg_is_in_recovery());
