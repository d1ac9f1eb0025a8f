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
-- key     entry
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
-- counter wal_records_total: WAL records that the statement wrote.
-- counter wal_fpi_total: Full page images that the statement wrote to the WAL.
-- counter wal_bytes_total: WAL that the statement wrote.
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
  case
    when s.queryid is not null
      then pg_catalog.concat_ws(' ', s.userid, s.dbid, s.queryid) || case when s.entries > 1 then '*' else '' end
  end as entry,
  r.rolname as "user",
  d.datname as datname,
  s.queryid::text as queryid,
  s.calls as calls_total,
  s.total_exec_time / 1000 as seconds_total,
  s.rows as rows_total,
  case when (table is_timed) or s.blk_read_time > 0 then s.blk_read_time / 1000 end as block_read_seconds_total,
  case when (table is_timed) or s.blk_write_time > 0 then s.blk_write_time / 1000 end as block_write_seconds_total,
  s.total_exec_time / nullif(s.calls, 0) / 1000 as mean_seconds,
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
  s.wal_records as wal_records_total,
  s.wal_fpi as wal_fpi_total,
  s.wal_bytes as wal_bytes_total
from (
  select
    g.userid,
    g.dbid,
    g.queryid,
    -- From PostgreSQL 14 on a statement can stand twice, at top level and inside a function; this version cannot say which.
    pg_catalog.count(*) as entries,
    pg_catalog.sum(g.calls) as calls,
    pg_catalog.sum(g.total_exec_time) as total_exec_time,
    pg_catalog.sum(g.rows) as rows,
    pg_catalog.sum(g.blk_read_time) as blk_read_time,
    pg_catalog.sum(g.blk_write_time) as blk_write_time,
    pg_catalog.sum(g.plans) as plans,
    pg_catalog.sum(g.total_plan_time) as total_plan_time,
    pg_catalog.sum(g.shared_blks_hit) as shared_blks_hit,
    pg_catalog.sum(g.shared_blks_read) as shared_blks_read,
    pg_catalog.sum(g.shared_blks_dirtied) as shared_blks_dirtied,
    pg_catalog.sum(g.shared_blks_written) as shared_blks_written,
    pg_catalog.sum(g.local_blks_hit) as local_blks_hit,
    pg_catalog.sum(g.local_blks_read) as local_blks_read,
    pg_catalog.sum(g.local_blks_dirtied) as local_blks_dirtied,
    pg_catalog.sum(g.local_blks_written) as local_blks_written,
    pg_catalog.sum(g.temp_blks_read) as temp_blks_read,
    pg_catalog.sum(g.temp_blks_written) as temp_blks_written,
    pg_catalog.sum(g.wal_records) as wal_records,
    pg_catalog.sum(g.wal_fpi) as wal_fpi,
    pg_catalog.sum(g.wal_bytes) as wal_bytes,
    pg_catalog.max(g.max_exec_time) as max_exec_time
  -- Without the texts, which would be read from a file that can have 100 MB.
  from public.pg_stat_statements(false) as g
  group by g.userid, g.dbid, g.queryid
) as s
-- What a dropped role ran, or ran in a dropped database, cannot run again and is nobody's.
join pg_catalog.pg_roles as r on r.oid = s.userid
join pg_catalog.pg_database as d on d.oid = s.dbid;
