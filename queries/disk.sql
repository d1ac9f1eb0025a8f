-- Disk space that the server takes. Slow to find out: PostgreSQL asks the file system for every file.
--
-- scope:    server
-- interval: 5m
-- timeout:  30s
-- requires: capability pg_monitor, capability pg_read_all_stats
--
-- gauge used_bytes: Disk space of all tablespaces, temporary files included, and of the WAL directory; not of logs.
select t.size + w.size as used_bytes
from (
  -- A tablespace whose directory is gone has no size, and the sum would not be the whole.
  select case when pg_catalog.count(*) = pg_catalog.count(s.size) then pg_catalog.sum(s.size) end as size
  from pg_catalog.pg_tablespace as p
  cross join lateral pg_catalog.pg_tablespace_size(p.oid) as s (size)
) as t
cross join (
  select pg_catalog.sum(f.size) as size from pg_catalog.pg_ls_waldir() as f
) as w;
