-- Connection settings of each database and its distance from transaction ID wraparound, from pg_database.
--
-- scope:    server
-- interval: 1m
--
-- label datname
-- detail: minimal
-- gauge xids_left: Transactions until the server stops assigning transaction IDs, unless the database is vacuumed.
-- gauge multixacts_left: Multixacts until the server stops assigning multixact IDs, unless the database is vacuumed.
-- detail: standard
-- gauge connection_limit: Maximum number of concurrent connections to the database (datconnlimit); -1 if unlimited. Absent
--    for an invalid database.
-- gauge xid_age: Age of the oldest unfrozen transaction ID, in transactions.
-- gauge multixact_age: Age of the oldest multixact ID that is still in use, in multixacts.
-- detail: full
-- gauge is_template: 1 if any role with CREATEDB may clone the database (datistemplate), 0 otherwise.
-- gauge allows_connections: 1 if the database accepts connections (datallowconn), 0 otherwise.
-- gauge is_invalid: 1 if a DROP DATABASE of it was interrupted, so that it can only be dropped, 0 otherwise.
select
  d.datname,
  -- -2 marks an invalid database, whose DROP DATABASE was interrupted.
  case when d.datconnlimit >= -1 then d.datconnlimit end as connection_limit,
  d.datistemplate as is_template,
  d.datallowconn as allows_connections,
  d.datconnlimit = -2 as is_invalid,
  a.xid_age,
  a.multixact_age,
  -- From PostgreSQL 14 on, the server stops assigning IDs 3 million before half of the ID space; PostgreSQL 13 stops slightly
  -- later.
  2147483647 - 3000000 - a.xid_age as xids_left,
  2147483647 - 3000000 - a.multixact_age as multixacts_left
from pg_catalog.pg_database as d
cross join lateral (
  select
    pg_catalog.age(d.datfrozenxid)::bigint as xid_age,
    pg_catalog.mxid_age(d.datminmxid)::bigint as multixact_age
) as a;
