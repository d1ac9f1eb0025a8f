-- Number and size of the WAL segments in pg_wal.
--
-- scope:    server
-- interval: 1m
-- requires: capability pg_ls_waldir
--
-- detail: minimal
-- gauge size_bytes: Size of the WAL segments in the WAL directory.
-- detail: standard
-- gauge segments: WAL segments in the WAL directory.
select
  pg_catalog.count(*) as segments,
  pg_catalog.sum(f.size) as size_bytes
from pg_catalog.pg_ls_waldir() as f
where f.name ~ '^[0-9A-F]{24}$';
