-- Disk space used by the server. Expensive: PostgreSQL reads the size of every file.
--
-- scope:    server
-- interval: 5m
-- timeout:  30s
-- requires: capability pg_ls_waldir, capability pg_read_all_stats
--
-- gauge used_bytes: Disk space used by all tablespaces, including temporary files, and by the WAL directory; log files are
--    not included. Absent if the size of a tablespace is unknown.
select t.size + w.size as used_bytes
from (
  -- The size of a tablespace without directory is null; the sum is then incomplete and not exported.
  select case when pg_catalog.count(*) = pg_catalog.count(s.size) then pg_catalog.sum(s.size) end as size
  from pg_catalog.pg_tablespace as p
  cross join lateral pg_catalog.pg_tablespace_size(p.oid) as s (size)
) as t
cross join (
  select pg_catalog.sum(f.size) as size from pg_catalog.pg_ls_waldir() as f
) as w;
