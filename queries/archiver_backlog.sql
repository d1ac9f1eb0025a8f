-- WAL files waiting to be archived, from pg_ls_archive_statusdir(). No rows while archive_mode is
-- off, and on a standby unless it is always.
--
-- scope:    server
-- interval: 5m
-- timeout:  30s
-- requires: capability pg_ls_archive_statusdir
--
-- detail: minimal
-- gauge oldest_age_seconds: Age of the oldest WAL file waiting to be archived, by its status file; absent if none is waiting.
-- detail: standard
-- gauge files: WAL files waiting to be archived; absent while archive_mode is off, and on a standby unless it is always.
select
  pg_catalog.count(*) as files,
  extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.min(d.modification))::float8 as oldest_age_seconds
from pg_catalog.pg_ls_archive_statusdir() as d
where d.name ~ '^[0-9A-F]{24}[.]ready$'
having
  pg_catalog.current_setting('archive_mode') = 'always'
  or (pg_catalog.current_setting('archive_mode') <> 'off' and not pg_catalog.pg_is_in_recovery());
