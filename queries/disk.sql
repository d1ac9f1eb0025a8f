-- Disk space used by the server. Expensive: PostgreSQL reads the size of every file.
--
-- scope:    server
-- detail:   minimal
-- interval: 5m
-- timeout:  30s
-- requires: capability pg_ls_waldir, capability pg_read_all_stats
-- parts:    select d.oid from pg_catalog.pg_database as d union select t.oid from pg_catalog.pg_tablespace as t union select 0
--
-- gauge used_bytes: Disk space used by all tablespaces, including temporary files, and by the WAL directory; log files are
--    not included. Unreadable databases and tablespaces are not included either; then
--    pgvitals_query_success{query="disk"} is 0 or pg_disk_missing_tablespaces is above 0.
-- gauge missing_tablespaces: Tablespaces without a directory, for example on a disk that is not mounted; absent while a file or
--    directory cannot be read.
select
  pg_catalog.sum(s.size) as used_bytes,
  -- Without a row of a tablespace, as in parts, the number is unknown.
  pg_catalog.sum((s.size is null)::int) filter (where s.is_tablespace) as missing_tablespaces
from (select nullif(pg_catalog.current_setting('pgvitals.parts', true), '')::oid[] as oids) as p
cross join lateral (
  -- The size of a tablespace without a directory is null.
  select true as is_tablespace, pg_catalog.pg_tablespace_size(t.oid) as size
  from pg_catalog.pg_tablespace as t
  where p.oids is null
  union all
  -- In parts, tablespaces are measured by database, except the global one (1664), because one unreadable directory fails the
  -- size of its whole tablespace.
  select false, pg_catalog.pg_database_size(d.oid)
  from pg_catalog.pg_database as d
  where d.oid = any (p.oids)
  union all
  select false, f.size
  from pg_catalog.pg_tablespace as t
  cross join lateral pg_catalog.pg_ls_tmpdir(t.oid) as f
  where t.oid = any (p.oids) and t.oid <> 1664
  union all
  select false, pg_catalog.pg_tablespace_size(1664)
  where 1664 = any (p.oids)
  union all
  -- Part 0 is the WAL directory.
  select false, w.size
  from (select pg_catalog.sum(f.size) as size from pg_catalog.pg_ls_waldir() as f) as w
  where coalesce(0 = any (p.oids), true)
) as s;
