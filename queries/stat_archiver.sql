-- Progress and failures of the WAL archiver, from pg_stat_archiver. The archiver runs on a primary unless archive_mode is off,
-- and on a standby if it is always. No rows on a standby without an archiver: its statistics are those of the time at which it
-- was the primary.
--
-- scope:    server
-- interval: 15s
--
-- detail: minimal
-- gauge   last_archived_timestamp_seconds: Time at which a WAL file was last archived, as a Unix timestamp; absent if none
--    was archived and while the archiver does not run.
-- gauge   last_failed_timestamp_seconds: Time at which archiving a WAL file last failed, as a Unix timestamp; absent if it
--    never failed and while the archiver does not run.
-- detail: standard
-- counter archived_count: WAL files archived; absent on a standby unless archive_mode is always.
-- counter failed_count: Failed attempts to archive a WAL file; absent on a standby unless archive_mode is always.
-- gauge   last_archive_age: Seconds since a WAL file was last archived; absent if none was archived and while the archiver does
--    not run.
-- counter archived_total: WAL files archived; absent while the archiver does not run.
-- counter failed_total: Failed attempts to archive a WAL file; absent while the archiver does not run.
-- gauge   stats_reset_timestamp_seconds: Time at which these statistics were last reset, as a Unix timestamp; absent if
--    never, and on a standby unless archive_mode is always.
select
  a.archived_count,
  a.failed_count,
  case when m.is_on then extract(epoch from pg_catalog.clock_timestamp() - a.last_archived_time)::float8 end as last_archive_age,
  case when m.is_on then a.archived_count end as archived_total,
  case when m.is_on then a.failed_count end as failed_total,
  case when m.is_on then extract(epoch from a.last_archived_time)::float8 end as last_archived_timestamp_seconds,
  case when m.is_on then extract(epoch from a.last_failed_time)::float8 end as last_failed_timestamp_seconds,
  extract(epoch from a.stats_reset)::float8 as stats_reset_timestamp_seconds
from pg_catalog.pg_stat_archiver as a
cross join (
  select
    pg_catalog.current_setting('archive_mode') <> 'off' as is_on,
    pg_catalog.current_setting('archive_mode') = 'always' or not pg_catalog.pg_is_in_recovery() as is_current
) as m
where m.is_current;
