-- The size of each database on disk. Slow to find out: PostgreSQL asks the file system for every file.
--
-- scope:    server
-- interval: 5m
-- timeout:  30s
-- name:     pg_database
--
-- label datname
-- gauge size_bytes: Disk space that the database uses; absent where the role may neither connect to it nor read all statistics.
select
  d.datname,
  -- Without the guard one database that may not be connected to would fail them all.
  case
    when pg_catalog.has_database_privilege(d.oid, 'connect') or pg_catalog.pg_has_role('pg_read_all_stats', 'usage')
    then pg_catalog.pg_database_size(d.oid)
  end as size_bytes
from pg_catalog.pg_database as d
where d.datconnlimit >= -1;
