-- Root blockers: sessions that block others and do not wait for a lock themselves, from pg_blocking_pids().
--
-- scope:    server
-- merge:    datname
-- interval: 15s
--
-- label datname
-- label usename
-- label state
-- gauge blocked_sessions: Sessions blocked by these root blockers, directly or indirectly.
-- gauge longest_statement_seconds: Seconds since the oldest statement blocked by these root blockers began, an upper bound of
--    the wait; absent if the role cannot see one of the blocked sessions.
-- gauge oldest_transaction_seconds: Seconds since the oldest transaction of these root blockers began; absent if the role
--    cannot see it.
-- detail: full
-- gauge value: Sessions that block others and do not wait for a lock themselves. All prepared transactions of a database
--    count as one; for background processes state is the backend type, and "unknown" if the role cannot see it.
with recursive
  activity as materialized (
    select
      a.pid,
      coalesce(a.leader_pid, a.pid) as leader,
      a.datname,
      a.usename,
      coalesce(a.state, a.backend_type, 'unknown') as state,
      a.xact_start,
      a.query_start,
      -- The role cannot see the wait events of this session; pg_locks shows whether it waits for a lock.
      coalesce(a.wait_event_type, case when a.backend_type is null then 'Lock' end) as wait_event_type
    from pg_catalog.pg_stat_activity as a
  ),
  -- All sessions that wait for one lock in one mode form a queue. pg_locks is read only if a session waits.
  waiting as materialized (
    select
      a.pid as process,
      a.leader as pid,
      a.datname,
      a.query_start as waits_since,
      a.query_start as runs_since,
      row(
        l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid, l.classid, l.objid, l.objsubid, l.mode
      )::text as queue
    from pg_catalog.pg_locks as l
    join activity as a on a.pid = l.pid
    where
      not l.granted
      and a.wait_event_type = 'Lock'
      and (select exists (select from activity as w where w.wait_event_type = 'Lock'))
  ),
  -- pg_blocking_pids() locks the lock tables exclusively, and its cost for a whole queue is quadratic: it is called only for
  -- the last session of each queue.
  last as materialized (
    select distinct on (w.queue)
      w.queue,
      w.process,
      w.datname
    from waiting as w
    order by w.queue, w.waits_since desc nulls first
  ),
  edge as materialized (
    select distinct
      l.queue,
      l.datname,
      w.queue as blocking_queue,
      case when w.pid is null then b.pid end as root
    from last as l
    cross join lateral pg_catalog.unnest(pg_catalog.pg_blocking_pids(l.process)) as b (pid)
    left join waiting as w on w.pid = b.pid
    where w.queue is distinct from l.queue and b.pid <> pg_catalog.pg_backend_pid()
  ),
  -- "union" drops rows already found, so the recursion ends for cycles too. A cycle without a root is a deadlock.
  chain (root, datname, queue) as (
    select
      e.root,
      coalesce(a.datname, e.datname),
      e.queue
    from edge as e
    left join activity as a on a.pid = e.root
    where a.pid is not null or e.root = 0
    union
    select
      c.root,
      c.datname,
      e.queue
    from chain as c
    join edge as e on e.blocking_queue = c.queue
  ),
  -- Prepared transactions have no process: pg_blocking_pids() returns 0. The user is known only if all of them have one
  -- owner.
  prepared as (
    select
      p.database as datname,
      case when pg_catalog.min(p.owner::text) = pg_catalog.max(p.owner::text) then pg_catalog.min(p.owner::text) end as owner,
      pg_catalog.min(p.prepared) as prepared
    from pg_catalog.pg_prepared_xacts as p
    group by p.database
  )
select
  coalesce(c.datname, '') as datname,
  coalesce(a.usename, p.owner, '') as usename,
  case when c.root = 0 then 'prepared transaction' else coalesce(a.state, '') end as state,
  pg_catalog.count(distinct c.root) as value,
  pg_catalog.count(distinct w.pid) as blocked_sessions,
  case
    when pg_catalog.bool_and(w.runs_since is not null)
    then extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.min(w.runs_since))::float8
  end as longest_statement_seconds,
  extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.min(coalesce(a.xact_start, p.prepared)))::float8 as oldest_transaction_seconds
from chain as c
join waiting as w on w.queue = c.queue
left join activity as a on a.pid = c.root
left join prepared as p on p.datname = c.datname and c.root = 0
group by 1, 2, 3
order by blocked_sessions desc;
