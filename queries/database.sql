-- What each database allows and how far it is from a wraparound of transaction ids, from pg_database.
--
-- scope:    server
-- interval: 1m
--
-- label datname
-- gauge connection_limit: Connections that the database allows; -1 is no limit of its own.
-- gauge is_template: Whether any role with createdb may copy the database.
-- gauge allows_connections: Whether anybody may connect.
-- gauge is_invalid: Whether its drop was interrupted, so that it can only be dropped.
-- gauge xid_age: Transactions since the oldest one whose id is not frozen.
-- gauge multixact_age: Multixacts since the oldest one that is still in use.
-- gauge xids_left: Transactions until the server assigns no more ids, unless the database is vacuumed.
-- gauge multixacts_left: Multixacts until the server assigns no more ids, unless the database is vacuumed.
select
  d.datname,
  -- -2 marks a database whose drop was interrupted.
  case when d.datconnlimit >= -1 then d.datconnlimit end as connection_limit,
  d.datistemplate as is_template,
  d.datallowconn as allows_connections,
  d.datconnlimit = -2 as is_invalid,
  a.xid_age,
  a.multixact_age,
  -- Half of all ids less 3 million, where 14 and newer stop; 13 goes a little further.
  2147483647 - 3000000 - a.xid_age as xids_left,
  2147483647 - 3000000 - a.multixact_age as multixacts_left
from pg_catalog.pg_database as d
cross join lateral (
  select
    pg_catalog.age(d.datfrozenxid)::bigint as xid_age,
    pg_catalog.mxid_age(d.datminmxid)::bigint as multixact_age
) as a;
