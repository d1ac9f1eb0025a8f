-- The 100 statements that took most time since the statistics began, from pg_stat_statements.
--
-- scope:    server
-- interval: 15s
-- requires: pg_stat_statements >= 1.8
-- rows:     100
--
-- label   user
-- label   datname
-- label   queryid
-- counter calls_total: Times the statement was executed.
-- counter seconds_total: Time spent executing the statement.
-- counter rows_total: Rows that the statement returned or changed.
-- counter block_read_seconds_total: Time the statement spent reading blocks; absent without track_io_timing.
-- counter block_write_seconds_total: Time the statement spent writing blocks; absent without track_io_timing.
select
  coalesce(r.rolname, '') as "user",
  coalesce(d.datname, '') as datname,
  s.queryid::text as queryid,
  pg_catalog.sum(s.calls) as calls_total,
  pg_catalog.sum(s.seconds) as seconds_total,
  pg_catalog.sum(s.rows) as rows_total,
  case when pg_catalog.bool_or(s.is_timed) then pg_catalog.sum(s.read_seconds) end as block_read_seconds_total,
  case when pg_catalog.bool_or(s.is_timed) then pg_catalog.sum(s.write_seconds) end as block_write_seconds_total
from (
  select
    g.userid,
    g.dbid,
    g.queryid,
    pg_catalog.sum(g.calls) as calls,
    pg_catalog.sum(g.total_exec_time) / 1000 as seconds,
    pg_catalog.sum(g.rows) as rows,
    pg_catalog.sum(g.shared_blk_read_time) / 1000 as read_seconds,
    pg_catalog.sum(g.shared_blk_write_time) / 1000 as write_seconds,
    pg_catalog.sum(g.shared_blk_read_time + g.shared_blk_write_time) > 0 or pg_catalog.current_setting('track_io_timing') = 'on' as is_timed
  -- Without the texts, which would be read from a file that can have 100 MB.
  from public.pg_stat_statements(false) as g
  -- Other roles' statements are hidden from a role without pg_read_all_stats.
  where g.queryid is not null
  -- One statement can stand twice, at top level and inside a function.
  group by g.userid, g.dbid, g.queryid
  order by seconds desc, g.queryid
  limit 100
) as s
left join pg_catalog.pg_roles as r on r.oid = s.userid
left join pg_catalog.pg_database as d on d.oid = s.dbid
-- Two roles or databases that are gone both have the empty name.
group by 1, 2, 3
order by seconds_total desc, queryid;
