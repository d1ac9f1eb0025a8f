-- Transaction IDs that prevent vacuum from removing dead rows, by kind of holder. No rows on a standby that does not send them
-- to its primary (hot_standby_feedback).
--
-- scope:    server
-- merge:    datname
-- interval: 15s
-- rows:     2000
--
-- label datname
-- label holder
-- gauge age: Age of the oldest transaction ID held by this kind of holder, in transactions; datname is empty if it affects
--    all databases, and holder is "unknown" for sessions that the role cannot see.
with
  held as (
    select
      coalesce(a.datname, '') as datname,
      case
        -- The role cannot see the session. Of the backends of a database, only those of autovacuum have no user.
        when a.backend_type is null and a.usesysid is null and a.datname is not null then 'autovacuum'
        when a.backend_type is null then 'unknown'
        when a.backend_type in ('client backend', 'parallel worker') then 'session'
        when a.backend_type = 'autovacuum worker' then 'autovacuum'
        -- A standby with hot_standby_feedback and without a slot; with a slot, the slot holds the xmin.
        when a.backend_type = 'walsender' and a.datname is null then 'standby'
        else 'background'
      end as holder,
      greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid)) as age
    from pg_catalog.pg_stat_activity as a
    where
      (a.backend_xmin is not null or a.backend_xid is not null)
      and a.pid <> pg_catalog.pg_backend_pid()
      -- The snapshot of a vacuum does not hold back other vacuums.
      and not exists (select from pg_catalog.pg_stat_progress_vacuum as v where v.pid = coalesce(a.leader_pid, a.pid))
    union all
    select
      p.database,
      'prepared',
      pg_catalog.age(p.transaction)
    from pg_catalog.pg_prepared_xacts as p
    union all
    select
      coalesce(s.database, ''),
      h.holder,
      h.age
    from pg_catalog.pg_replication_slots as s
    cross join lateral (
      values ('slot', pg_catalog.age(s.xmin)), ('slot_catalog', pg_catalog.age(s.catalog_xmin))
    ) as h (holder, age)
    -- Before PostgreSQL 16, a lost slot still held back transaction IDs.
    where s.wal_status is distinct from 'lost' or pg_catalog.current_setting('server_version_num')::int < 160000
  )
select
  h.datname,
  h.holder,
  pg_catalog.max(h.age) as age
from held as h
where
  h.age is not null
  -- A standby does not vacuum; its transaction IDs hold back the primary if a WAL receiver sends them.
  and (
    not pg_catalog.pg_is_in_recovery()
    or (
      pg_catalog.current_setting('hot_standby_feedback')::boolean
      and exists (select from pg_catalog.pg_stat_wal_receiver as w where w.pid is not null)
    )
  )
group by h.datname, h.holder
order by age desc;
