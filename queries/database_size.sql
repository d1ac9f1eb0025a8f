-- Disk space used by each database. Expensive: PostgreSQL reads the size of every file.
--
-- scope:    server
-- detail:   minimal
-- merge:    datname
-- interval: 5m
-- timeout:  30s
-- name:     pg_database
-- parts:    select d.oid from pg_catalog.pg_database as d
--
-- label datname
-- gauge size_bytes: Disk space used by the database; absent if no credential has CONNECT on it or pg_read_all_stats, and if
--    its files cannot be read.
select
  d.datname,
  -- pg_database_size() fails without one of these privileges, and one failure would fail the whole query.
  case
    when pg_catalog.has_database_privilege(d.oid, 'connect') or pg_catalog.pg_has_role('pg_read_all_stats', 'usage')
    then pg_catalog.pg_database_size(d.oid)
  end as size_bytes
from pg_catalog.pg_database as d
where d.datconnlimit >= -1 and coalesce(d.oid = any (nullif(pg_catalog.current_setting('pgvitals.parts', true), '')::oid[]), true);
