-- Connection limits of the server and connections in use, from its settings and pg_stat_activity.
--
-- scope:    server
-- interval: 15s
--
-- detail: minimal
-- gauge max: Maximum number of client connections (max_connections).
-- gauge usable: Connections available to all other roles: max minus reserved.
-- gauge in_use: Open client connections, including the exporter's; absent without pg_read_all_stats.
-- detail: standard
-- gauge reserved: Connections reserved for superusers (superuser_reserved_connections) and, from PostgreSQL 16 on, for
--    members of pg_use_reserved_connections (reserved_connections).
-- gauge walsenders_max: Maximum number of WAL sender connections (max_wal_senders), which are not part of max_connections.
-- gauge walsenders_in_use: Open WAL sender connections: standbys, base backups and logical replication; absent without
--    pg_read_all_stats.
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
    -- reserved_connections was added in PostgreSQL 16.
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
