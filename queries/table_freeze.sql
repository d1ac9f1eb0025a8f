-- How old the unfrozen transaction ids of each table are, and when autovacuum comes for them. System tables are told of once they are old.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      300 by xid_age, multixact_age
-- name:     pg_table
-- requires: role primary
--
-- label schemaname
-- label relname
-- gauge xid_age: Transactions since the oldest transaction id that the table or its TOAST data may still hold.
-- gauge freeze_max_age: Age in transactions at which autovacuum freezes the table, even where autovacuum is off.
-- gauge multixact_age: Multixacts since the oldest multixact id that the table or its TOAST data may still hold.
-- gauge multixact_freeze_max_age: Age in multixacts at which autovacuum freezes the table, even where autovacuum is off.
-- cut   cut
with
  server as materialized (
    select
      pg_catalog.current_setting('autovacuum_freeze_max_age')::float8 as freeze_max_age,
      pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::float8 as multixact_freeze_max_age
  ),
  aged as materialized (
    select
      c.oid,
      c.relnamespace,
      c.relname,
      c.relpersistence,
      c.reltoastrelid,
      c.relkind,
      pg_catalog.age(c.relfrozenxid) as xid_age,
      pg_catalog.mxid_age(c.relminmxid) as multixact_age,
      o.freeze_max_age,
      o.multixact_freeze_max_age
    from pg_catalog.pg_class as c
    left join lateral (
      select
        max(p.option_value) filter (where p.option_name = 'autovacuum_freeze_max_age')::float8 as freeze_max_age,
        max(p.option_value) filter (where p.option_name = 'autovacuum_multixact_freeze_max_age')::float8 as multixact_freeze_max_age
      from pg_catalog.pg_options_to_table(c.reloptions) as p
    ) as o on c.reloptions is not null
    -- Without storage there is nothing to freeze, and both ids are 0.
    where c.relkind in ('r', 'm', 't') and c.relfrozenxid <> '0' and c.relminmxid <> '0'
  ),
  merged as (
    select
      c.oid,
      c.relnamespace,
      c.relname,
      c.relpersistence,
      greatest(c.xid_age, t.xid_age) as xid_age,
      greatest(c.multixact_age, t.multixact_age) as multixact_age,
      -- The limit is that of the older of the two. A storage parameter can only lower the server's setting, and a TOAST table without one has its table's.
      least(
        coalesce(case when t.xid_age > c.xid_age then t.freeze_max_age end, c.freeze_max_age),
        s.freeze_max_age
      ) as freeze_max_age,
      least(
        coalesce(case when t.multixact_age > c.multixact_age then t.multixact_freeze_max_age end, c.multixact_freeze_max_age),
        s.multixact_freeze_max_age
      ) as multixact_freeze_max_age
    from aged as c
    cross join server as s
    left join aged as t on t.oid = c.reltoastrelid
    where c.relkind <> 't'
  )
select
  n.nspname as schemaname,
  m.relname,
  m.xid_age,
  m.freeze_max_age,
  m.multixact_age,
  m.multixact_freeze_max_age,
  greatest(pg_catalog.count(*) over () - 300, 0) as cut
from merged as m
join pg_catalog.pg_namespace as n on n.oid = m.relnamespace
where
  -- System tables are many, and sessions' temporary ones come and go without bound; but one that stays behind holds up the whole server.
  (m.relpersistence <> 't' and n.nspname !~ '^(pg_catalog|information_schema)$')
  or m.xid_age > m.freeze_max_age / 2
  or m.multixact_age > m.multixact_freeze_max_age / 2
-- Of more tables than the limit those stay that are nearest to a forced vacuum, or beyond it.
order by greatest(m.xid_age / greatest(m.freeze_max_age, 1), m.multixact_age / greatest(m.multixact_freeze_max_age, 1)) desc, m.oid
limit 300;
