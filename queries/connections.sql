-- How many connections the server has room for and how many are in use, from its settings and pg_stat_activity.
--
-- scope:    server
-- interval: 15s
--
-- gauge max: Connections that clients can have in all (max_connections).
-- gauge reserved: Connections of these that are kept for superusers and, from PostgreSQL 16 on, for members of pg_use_reserved_connections.
-- gauge usable: Connections that are left for everybody else.
-- gauge in_use: Client connections that are open now, our own included.
-- gauge walsenders_max: Connections that standbys and other receivers of WAL can have, which are not among the others (max_wal_senders).
-- gauge walsenders_in_use: Connections of standbys and other receivers of WAL that are open now.
select
  s.max,
  s.reserved,
  s.max - s.reserved as usable,
  a.in_use,
  s.walsenders_max,
  a.walsenders_in_use
from (
  select
    pg_catalog.current_setting('max_connections')::int as max,
    -- Before 16 there was no second reserve.
    pg_catalog.current_setting('superuser_reserved_connections')::int
    + coalesce(pg_catalog.current_setting('reserved_connections', true)::int, 0) as reserved,
    pg_catalog.current_setting('max_wal_senders')::int as walsenders_max
) as s
cross join (
  select
    case
      when pg_catalog.pg_has_role('pg_read_all_stats', 'usage')
      then pg_catalog.count(*) filter (where a.backend_type = 'client backend')
    end as in_use,
    case
      when pg_catalog.pg_has_role('pg_read_all_stats', 'usage')
      then pg_catalog.count(*) filter (where a.backend_type = 'walsender')
    end as walsenders_in_use
  from pg_catalog.pg_stat_activity as a
) as a;
