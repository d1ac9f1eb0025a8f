-- What each statement did and how long it took, from pg_stat_statements.
--
-- scope:    server
-- interval: 15s
-- requires: pg_stat_statements >= 1.8
-- requires: capability pg_stat_statements
-- top:      100 by seconds_total, calls_total, shared_read_bytes_total, temp_written_bytes_total, wal_bytes_total
-- other:    queryid
-- means:    seconds_total / calls_total
-- per:      datname
--
-- key     role
-- key     database
-- key     statement
-- key     is_top_level
-- fingerprint state by statement
-- label   user
-- label   datname
-- label   queryid
-- counter calls_total: Times the statement was executed.
-- counter seconds_total: Time spent executing the statement.
-- counter rows_total: Rows that the statement returned or changed.
-- counter block_read_seconds_total: Time the statement spent reading blocks; absent without track_io_timing.
-- counter block_write_seconds_total: Time the statement spent writing blocks; absent without track_io_timing.
-- gauge   mean_seconds: Mean time of an execution since the statistics began.
-- gauge   max_seconds: Longest execution since the statistics began.
-- counter plans_total: Times the statement was planned; absent without pg_stat_statements.track_planning.
-- counter plan_seconds_total: Time spent planning the statement; absent without pg_stat_statements.track_planning.
-- counter shared_hit_bytes_total: Shared blocks that the statement found in the cache, in bytes.
-- counter shared_read_bytes_total: Shared blocks that the statement read, in bytes.
-- counter shared_dirtied_bytes_total: Shared blocks that the statement dirtied, in bytes.
-- counter shared_written_bytes_total: Shared blocks that the statement had to write itself, in bytes.
-- counter local_hit_bytes_total: Blocks of temporary tables that the statement found in the cache, in bytes.
-- counter local_read_bytes_total: Blocks of temporary tables that the statement read, in bytes.
-- counter local_dirtied_bytes_total: Blocks of temporary tables that the statement dirtied, in bytes.
-- counter local_written_bytes_total: Blocks of temporary tables that the statement wrote, in bytes.
-- counter temp_read_bytes_total: Temporary blocks that sorts and hashes of the statement read, in bytes.
-- counter temp_written_bytes_total: Temporary blocks that sorts and hashes of the statement wrote, in bytes.
-- counter local_read_seconds_total: Time the statement spent reading blocks of temporary tables; absent without track_io_timing.
-- counter local_write_seconds_total: Time the statement spent writing blocks of temporary tables; absent without track_io_timing.
-- counter temp_read_seconds_total: Time the statement spent reading temporary blocks; absent without track_io_timing.
-- counter temp_write_seconds_total: Time the statement spent writing temporary blocks; absent without track_io_timing.
-- counter wal_records_total: WAL records that the statement wrote.
-- counter wal_fpi_total: Full page images that the statement wrote to the WAL.
-- counter wal_bytes_total: WAL that the statement wrote.
-- counter jit_seconds_total: Time spent compiling the statement just in time.
-- histogram interval_mean_seconds: Executions by the mean time of their statement between two polls, not by
--            the time of each; sum and count are exact for all statements that the role may see.
-- arrivals new_total: Statements that were never seen before of this user in this database.

-- Asked once, not for each row; and where a setting is made for one database or role alone, our session's value
-- says nothing of the others.
with block_size as materialized (
  select pg_catalog.current_setting('block_size')::int8
),
is_timed as materialized (
  select pg_catalog.current_setting('track_io_timing') = 'on' and not exists (
    select from pg_catalog.pg_db_role_setting as o where o.setconfig::text like '%track_io_timing=%'
  )
),
is_planned as materialized (
  select pg_catalog.current_setting('pg_stat_statements.track_planning') = 'on' and not exists (
    select from pg_catalog.pg_db_role_setting as o where o.setconfig::text like '%track_planning=%'
  )
)
select
  s.userid as role,
  s.dbid as database,
  s.queryid as statement,
  s.toplevel as is_top_level,
  -- Nothing of a statement moves without these; the longest time has a reset of its own.
  pg_catalog.hash_record_extended(
    row(s.userid, s.dbid, s.queryid, s.toplevel, s.plans, s.calls, s.total_exec_time, s.max_exec_time), 0
  ) as state,
  r.rolname as "user",
  d.datname as datname,
  s.queryid::text as queryid,
  s.calls as calls_total,
  s.total_exec_time / 1000 as seconds_total,
  s.rows as rows_total,
  case when (table is_timed) or s.shared_blk_read_time > 0 then s.shared_blk_read_time / 1000 end as block_read_seconds_total,
  case when (table is_timed) or s.shared_blk_write_time > 0 then s.shared_blk_write_time / 1000 end as block_write_seconds_total,
  s.mean_exec_time / 1000 as mean_seconds,
  s.max_exec_time / 1000 as max_seconds,
  case when (table is_planned) or s.plans > 0 then s.plans end as plans_total,
  case when (table is_planned) or s.plans > 0 then s.total_plan_time / 1000 end as plan_seconds_total,
  s.shared_blks_hit * (table block_size) as shared_hit_bytes_total,
  s.shared_blks_read * (table block_size) as shared_read_bytes_total,
  s.shared_blks_dirtied * (table block_size) as shared_dirtied_bytes_total,
  s.shared_blks_written * (table block_size) as shared_written_bytes_total,
  s.local_blks_hit * (table block_size) as local_hit_bytes_total,
  s.local_blks_read * (table block_size) as local_read_bytes_total,
  s.local_blks_dirtied * (table block_size) as local_dirtied_bytes_total,
  s.local_blks_written * (table block_size) as local_written_bytes_total,
  s.temp_blks_read * (table block_size) as temp_read_bytes_total,
  s.temp_blks_written * (table block_size) as temp_written_bytes_total,
  case when (table is_timed) or s.local_blk_read_time > 0 then s.local_blk_read_time / 1000 end as local_read_seconds_total,
  case when (table is_timed) or s.local_blk_write_time > 0 then s.local_blk_write_time / 1000 end as local_write_seconds_total,
  case when (table is_timed) or s.temp_blk_read_time > 0 then s.temp_blk_read_time / 1000 end as temp_read_seconds_total,
  case when (table is_timed) or s.temp_blk_write_time > 0 then s.temp_blk_write_time / 1000 end as temp_write_seconds_total,
  s.wal_records as wal_records_total,
  s.wal_fpi as wal_fpi_total,
  s.wal_bytes as wal_bytes_total,
  (s.jit_generation_time + s.jit_inlining_time + s.jit_optimization_time + s.jit_emission_time + s.jit_deform_time) / 1000 as jit_seconds_total
-- Without the texts, which would be read from a file that can have 100 MB.
from public.pg_stat_statements(false) as s
-- What a dropped role ran, or ran in a dropped database, cannot run again and is nobody's.
join pg_catalog.pg_roles as r on r.oid = s.userid
join pg_catalog.pg_database as d on d.oid = s.dbid;
