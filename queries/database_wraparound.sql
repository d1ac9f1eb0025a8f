-- The ages of databases under the names of postgres_exporter, from pg_database; pg_database_xid_age has the right one.
--
-- scope:    server
-- interval: 1m
--
-- label datname
-- gauge age_datfrozenxid_seconds: Not seconds but transactions since the oldest one whose id is not frozen.
-- gauge age_datminmxid_seconds: Not seconds but multixacts since the oldest one that is still in use.
select
  d.datname,
  pg_catalog.age(d.datfrozenxid) as age_datfrozenxid_seconds,
  pg_catalog.mxid_age(d.datminmxid) as age_datminmxid_seconds
from pg_catalog.pg_database as d
where d.datallowconn;
