-- Temporary files that exist now, by tablespace, from pg_ls_tmpdir(). pg_stat_database_temp_bytes counts a file only when it is
-- removed.
--
-- scope:    server
-- interval: 15s
-- requires: capability pg_monitor
--
-- label tablespace
-- gauge value: Temporary files of sorts, hashes and other operations in this tablespace. Files that parallel workers share are
--    not included, because PostgreSQL does not list them.
-- gauge size_bytes: Size of these files.
select
  t.spcname as tablespace,
  pg_catalog.count(f.name) as value,
  coalesce(pg_catalog.sum(f.size), 0) as size_bytes
from pg_catalog.pg_tablespace as t
left join lateral pg_catalog.pg_ls_tmpdir(t.oid) as f on true
-- pg_global contains no temporary files.
where t.spcname <> 'pg_global'
group by t.spcname
order by size_bytes desc;
