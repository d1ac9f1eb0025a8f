-- The WAL archiver: how far archiving has come and what failed, from pg_stat_archiver.
--
-- scope:    server
-- interval: 15s
--
-- counter archived_count: WAL files archived.
-- counter failed_count: Failed attempts to archive a WAL file.
-- gauge   last_archive_age: Seconds since a WAL file was archived; absent if none ever was.
select
  a.archived_count,
  a.failed_count,
  extract(epoch from pg_catalog.clock_timestamp() - a.last_archived_time)::float8 as last_archive_age
from pg_catalog.pg_stat_archiver as a;
