-- Progress and failures of the WAL archiver, from pg_stat_archiver.
--
-- scope:    server
-- interval: 15s
--
-- counter archived_count: WAL files archived.
-- counter failed_count: Failed attempts to archive a WAL file.
-- gauge   last_archive_age: Seconds since a WAL file was last archived; absent if none was archived.
-- counter archived_total: WAL files archived; absent while archive_mode is off.
-- counter failed_total: Failed attempts to archive a WAL file; absent while archive_mode is off.
-- gauge   last_archived_timestamp_seconds: Time at which a WAL file was last archived, as a Unix timestamp; absent if none
--    was archived and while archive_mode is off.
-- gauge   last_failed_timestamp_seconds: Time at which archiving a WAL file last failed, as a Unix timestamp; absent if it
--    never failed and while archive_mode is off.
-- gauge   stats_reset_timestamp_seconds: Time at which these statistics were last reset, as a Unix timestamp; absent if
--    never.
select
  a.archived_count,
  a.failed_count,
  extract(epoch from pg_catalog.clock_timestamp() - a.last_archived_time)::float8 as last_archive_age,
  case when m.is_on then a.archived_count end as archived_total,
  case when m.is_on then a.failed_count end as failed_total,
  case when m.is_on then extract(epoch from a.last_archived_time)::float8 end as last_archived_timestamp_seconds,
  case when m.is_on then extract(epoch from a.last_failed_time)::float8 end as last_failed_timestamp_seconds,
  extract(epoch from a.stats_reset)::float8 as stats_reset_timestamp_seconds
from pg_catalog.pg_stat_archiver as a
cross join (
  select pg_catalog.current_setting('archive_mode') <> 'off' as is_on
) as m;
