-- Parameters set so that data can be lost, corrupted, or left to decay, from pg_settings.
--
-- scope:    server
-- interval: 1m
--
-- label name
-- gauge value: 1 where the parameter has a value that can lose or corrupt data or stops its upkeep, 0 otherwise; absent
--    where a value for the exporter's role or database hides the server's.
select
  s.name,
  s.setting = d.dangerous as value
from (
  values
    -- A crash corrupts data, or loses what was committed last.
    ('fsync', 'off'),
    ('full_page_writes', 'off'),
    ('data_sync_retry', 'on'),
    ('synchronous_commit', 'off'),
    -- Nothing is vacuumed or analyzed.
    ('autovacuum', 'off'),
    ('track_counts', 'off'),
    -- Broken pages are hidden, overwritten or skipped.
    ('ignore_checksum_failure', 'on'),
    ('ignore_invalid_pages', 'on'),
    ('ignore_system_indexes', 'on'),
    ('zero_damaged_pages', 'on'),
    -- Catalogs can be edited by hand, and foreign keys are not checked.
    ('allow_system_table_mods', 'on'),
    ('session_replication_role', 'replica')
) as d (name, dangerous)
join pg_catalog.pg_settings as s on s.name = d.name
where s.source not in ('client', 'database', 'user', 'database user', 'session');
