-- The WAL files that wait to be archived, from pg_ls_archive_statusdir(); nothing while archive_mode is off.
--
-- scope:    server
-- interval: 5m
-- timeout:  30s
-- requires: capability pg_monitor
--
-- gauge files: WAL files that wait to be archived.
-- gauge oldest_age_seconds: Seconds that the oldest of them has waited; absent when none waits.
select
  pg_catalog.count(*) as files,
  extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.min(d.modification))::float8 as oldest_age_seconds
from pg_catalog.pg_ls_archive_statusdir() as d
where d.name ~ '^[0-9A-F]{24}[.]ready$'
having pg_catalog.current_setting('archive_mode') <> 'off';
