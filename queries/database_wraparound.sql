-- Ages of databases under the names of postgres_exporter, from pg_database. pg_database_xid_age and
-- pg_database_multixact_age are the same values under correct names.
--
-- scope:    server
-- detail:   full
-- interval: 1m
--
-- label datname
-- gauge age_datfrozenxid_seconds: Despite its name not seconds: age of the oldest unfrozen transaction ID, in transactions;
--    absent for databases that do not accept connections.
-- gauge age_datminmxid_seconds: Despite its name not seconds: age of the oldest multixact ID that is still in use, in
--    multixacts; absent for databases that do not accept connections.
select
  d.datname,
  pg_catalog.age(d.datfrozenxid) as age_datfrozenxid_seconds,
  pg_catalog.mxid_age(d.datminmxid) as age_datminmxid_seconds
from pg_catalog.pg_database as d
where d.datallowconn;
