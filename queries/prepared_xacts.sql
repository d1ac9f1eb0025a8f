-- Prepared transactions, which hold their locks until somebody commits or rolls them back, from pg_prepared_xacts. A standby cannot see them.
--
-- scope:    server
-- interval: 15s
-- rows:     2000
-- requires: role primary
--
-- label datname
-- label owner
-- gauge value: Transactions that are prepared for two-phase commit and not finished.
-- gauge oldest_seconds: Time since the oldest of them was prepared; absent without one.
with
  grouped as (
    select
      p.database,
      p.owner,
      pg_catalog.count(*) as value,
      extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.min(p.prepared))::float8 as oldest_seconds
    from pg_catalog.pg_prepared_xacts as p
    group by p.database, p.owner
  )
select
  g.database as datname,
  g.owner,
  g.value,
  g.oldest_seconds
from grouped as g
union all
select
  d.datname,
  '',
  0,
  null
from pg_catalog.pg_database as d
where d.datallowconn and not exists (select from grouped as g where g.database = d.datname)
order by value desc;
