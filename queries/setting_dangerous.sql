-- Parameter values that risk data loss or corruption, or that disable maintenance, from pg_settings.
--
-- scope:    server
-- detail:   minimal
-- interval: 1m
--
-- label name
-- gauge value: 1 if the parameter has a value that can lose or corrupt data or that disables maintenance, 0 otherwise; absent
--    if it is overridden for the exporter's role or database.
select
  s.name,
  s.setting = d.dangerous as value
from (
  values
    -- A crash can corrupt data or lose the latest commits.
    ('fsync', 'off'),
    ('full_page_writes', 'off'),
    ('data_sync_retry', 'on'),
    ('synchronous_commit', 'off'),
    -- Tables are not vacuumed or analyzed automatically.
    ('autovacuum', 'off'),
    ('track_counts', 'off'),
    -- Corrupted pages are hidden, overwritten or skipped.
    ('ignore_checksum_failure', 'on'),
    ('ignore_invalid_pages', 'on'),
    ('ignore_system_indexes', 'on'),
    ('zero_damaged_pages', 'on'),
    -- Catalogs can be modified manually; foreign keys are not checked.
    ('allow_system_table_mods', 'on'),
    ('session_replication_role', 'replica')
) as d (name, dangerous)
join pg_catalog.pg_settings as s on s.name = d.name
where s.source not in ('client', 'database', 'user', 'database user', 'session');
