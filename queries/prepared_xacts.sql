-- Prepared transactions, which hold their locks until they are committed or rolled back, from pg_prepared_xacts. They are not
-- visible on a standby.
--
-- scope:    server
-- interval: 15s
-- rows:     2000
-- requires: role primary
--
-- label datname
-- label owner
-- detail: minimal
-- gauge oldest_seconds: Seconds since the oldest prepared transaction was prepared; absent if there is none.
-- detail: standard
-- gauge value: Transactions prepared for two-phase commit and not yet committed or rolled back.
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
