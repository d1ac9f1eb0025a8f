-- Age of the oldest unfrozen IDs of each table, and the age at which autovacuum freezes it. System tables are included only
-- beyond half of that age.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      300 (standard 30) by xid_age, multixact_age
-- name:     pg_table
-- requires: role primary
--
-- label schemaname
-- label relname
-- cut   cut
-- gauge xid_age: Age of the oldest unfrozen transaction ID of the table and its TOAST data, in transactions.
-- gauge freeze_max_age: Age at which autovacuum freezes the table, even if autovacuum is disabled, in transactions.
-- detail: full
-- gauge multixact_age: Age of the oldest multixact ID of the table and its TOAST data, in multixacts.
-- gauge multixact_freeze_max_age: Age at which autovacuum freezes the table, even if autovacuum is disabled, in multixacts.
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
    -- Relations without storage have no frozen ID.
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
      -- The limit belongs to the older of table and TOAST table. A storage parameter can only lower the server setting; a
      -- TOAST table without one uses that of its table.
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
  -- Skips system and temporary tables, unless they are old enough to hold back the whole server.
  (m.relpersistence <> 't' and n.nspname !~ '^(pg_catalog|information_schema)$')
  or m.xid_age > m.freeze_max_age / 2
  or m.multixact_age > m.multixact_freeze_max_age / 2
-- If there are more tables than the limit, those closest to or beyond a forced vacuum are kept.
order by greatest(m.xid_age / greatest(m.freeze_max_age, 1), m.multixact_age / greatest(m.multixact_freeze_max_age, 1)) desc, m.oid
limit 300;
