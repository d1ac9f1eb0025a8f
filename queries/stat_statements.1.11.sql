-- What each statement did and how long it took, from pg_stat_statements.
--
-- scope:    server
-- interval: 15s
-- requires: pg_stat_statements >= 1.8
-- top:      100 by seconds_total, calls_total
-- other:    queryid
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
  s.calls as calls_total,
  s.milliseconds / 1000 as seconds_total,
  s.rows as rows_total,
  case when t.is_timed then s.read_milliseconds / 1000 end as block_read_seconds_total,
  case when t.is_timed then s.write_milliseconds / 1000 end as block_write_seconds_total
from (
  select
    g.userid,
    g.dbid,
    g.queryid,
    pg_catalog.sum(g.calls) as calls,
    pg_catalog.sum(g.total_exec_time) as milliseconds,
    pg_catalog.sum(g.rows) as rows,
    pg_catalog.sum(g.shared_blk_read_time) as read_milliseconds,
    pg_catalog.sum(g.shared_blk_write_time) as write_milliseconds
  -- Without the texts, which would be read from a file that can have 100 MB.
  from public.pg_stat_statements(false) as g
  -- Other roles' statements are hidden from a role without pg_read_all_stats.
  where g.queryid is not null
  -- One statement can stand twice, at top level and inside a function.
  group by g.userid, g.dbid, g.queryid
) as s
cross join lateral (
  select s.read_milliseconds + s.write_milliseconds > 0 or (
        pg_catalog.current_setting('track_io_timing') = 'on'
        -- Where it is set for one database or role alone, our session's value says nothing of the others.
        and not exists (select from pg_catalog.pg_db_role_setting as o where o.setconfig::text like '%track_io_timing=%')
      ) as is_timed
) as t
left join pg_catalog.pg_roles as r on r.oid = s.userid
left join pg_catalog.pg_database as d on d.oid = s.dbid
order by seconds_total desc, queryid;
