-- Autovacuum thresholds of each table, from the storage parameters in pg_class or the server settings.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      300 by vacuum_due_ratio, analyze_due_ratio, vacuum_threshold
-- name:     pg_table
-- requires: role primary
--
-- label schemaname
-- label relname
-- gauge autovacuum_enabled: 1 if autovacuum is enabled for the table and on the server, 0 otherwise.
-- gauge vacuum_due_ratio: Dead rows or inserted rows as a fraction of their threshold, whichever is higher; the table is due
--    for a vacuum above 1. Absent without track_counts.
-- gauge analyze_due_ratio: Modified rows as a fraction of their threshold; the table is due for an analyze above 1. Absent
--    without track_counts.
-- detail: full
-- gauge vacuum_threshold: Number of dead rows above which the table is due for a vacuum.
-- gauge vacuum_insert_threshold: Number of rows inserted since the last vacuum above which the table is due for a vacuum;
--    absent if disabled.
-- gauge analyze_threshold: Number of rows modified since the last analyze above which the table is due for an analyze.
with
  -- A setting of our role hides the value of the server and does not affect other sessions. PostgreSQL's default, on, is then
  -- assumed.
  tracking as materialized (
    select s.source in ('user', 'database user') or s.setting::bool as is_on
    from pg_catalog.pg_settings as s
    where s.name = 'track_counts'
  ),
  server as materialized (
    select
      pg_catalog.current_setting('autovacuum')::bool and (table tracking) as is_enabled,
      -- Without track_counts, no rows are counted; 0 dead rows would be a false value.
      case when (table tracking) then 1 end::float8 as is_counted,
      pg_catalog.current_setting('autovacuum_vacuum_threshold')::float8 as vacuum_base,
      pg_catalog.current_setting('autovacuum_vacuum_scale_factor')::float8 as vacuum_scale,
      pg_catalog.current_setting('autovacuum_vacuum_insert_threshold')::float8 as insert_base,
      pg_catalog.current_setting('autovacuum_vacuum_insert_scale_factor')::float8 as insert_scale,
      pg_catalog.current_setting('autovacuum_analyze_threshold')::float8 as analyze_base,
      pg_catalog.current_setting('autovacuum_analyze_scale_factor')::float8 as analyze_scale,
      pg_catalog.current_setting('autovacuum_vacuum_max_threshold')::float8 as vacuum_max
  ),
  effective as materialized (
    select
      c.oid,
      c.relnamespace,
      c.relname,
      -- From PostgreSQL 14 on, reltuples is -1 until the table is vacuumed or analyzed; autovacuum then uses 0.
      greatest(c.reltuples, 0)::float8 as reltuples,
      -- Frozen pages do not count towards the insert threshold.
      case when c.reltuples > 0 and c.relpages > 0 then 1 - least(c.relallfrozen, c.relpages)::float8 / c.relpages else 1 end as unfrozen,
      s.is_counted,
      s.is_enabled and coalesce(o.is_enabled, true) as autovacuum_enabled,
      coalesce(o.vacuum_base, s.vacuum_base) as vacuum_base,
      coalesce(o.vacuum_scale, s.vacuum_scale) as vacuum_scale,
      nullif(coalesce(o.vacuum_max, s.vacuum_max), -1) as vacuum_max,
      nullif(coalesce(o.insert_base, s.insert_base), -1) as insert_base,
      coalesce(o.insert_scale, s.insert_scale) as insert_scale,
      coalesce(o.analyze_base, s.analyze_base) as analyze_base,
      coalesce(o.analyze_scale, s.analyze_scale) as analyze_scale
    from pg_catalog.pg_class as c
    cross join server as s
    left join lateral (
      select
        max(p.option_value) filter (where p.option_name = 'autovacuum_enabled')::bool as is_enabled,
        -- As a storage parameter, -1 means the server setting, except for the insert threshold and the maximum, where it
        -- disables them.
        nullif(max(p.option_value) filter (where p.option_name = 'autovacuum_vacuum_threshold')::float8, -1) as vacuum_base,
        nullif(max(p.option_value) filter (where p.option_name = 'autovacuum_vacuum_scale_factor')::float8, -1) as vacuum_scale,
        max(p.option_value) filter (where p.option_name = 'autovacuum_vacuum_max_threshold')::float8 as vacuum_max,
        max(p.option_value) filter (where p.option_name = 'autovacuum_vacuum_insert_threshold')::float8 as insert_base,
        nullif(max(p.option_value) filter (where p.option_name = 'autovacuum_vacuum_insert_scale_factor')::float8, -1) as insert_scale,
        nullif(max(p.option_value) filter (where p.option_name = 'autovacuum_analyze_threshold')::float8, -1) as analyze_base,
        nullif(max(p.option_value) filter (where p.option_name = 'autovacuum_analyze_scale_factor')::float8, -1) as analyze_scale
      from pg_catalog.pg_options_to_table(c.reloptions) as p
    ) as o on c.reloptions is not null
    -- Autovacuum does not process temporary tables.
    where c.relkind in ('r', 'm') and c.relpersistence <> 't'
  ),
  due as (
    select
      e.oid,
      e.relnamespace,
      e.relname,
      e.is_counted,
      e.autovacuum_enabled,
      least(e.vacuum_base + e.vacuum_scale * e.reltuples, e.vacuum_max) as vacuum_threshold,
      e.insert_base + e.insert_scale * e.reltuples * e.unfrozen as vacuum_insert_threshold,
      e.analyze_base + e.analyze_scale * e.reltuples as analyze_threshold
    from effective as e
  )
select
  n.nspname as schemaname,
  d.relname,
  d.autovacuum_enabled,
  d.vacuum_threshold,
  d.vacuum_insert_threshold,
  d.analyze_threshold,
  -- With a threshold of 0, one row is enough.
  greatest(
    d.is_counted * pg_catalog.pg_stat_get_dead_tuples(d.oid) / greatest(d.vacuum_threshold, 1),
    d.is_counted * pg_catalog.pg_stat_get_ins_since_vacuum(d.oid) / greatest(d.vacuum_insert_threshold, case when d.vacuum_insert_threshold is not null then 1 end)
  ) as vacuum_due_ratio,
  d.is_counted * pg_catalog.pg_stat_get_mod_since_analyze(d.oid) / greatest(d.analyze_threshold, 1) as analyze_due_ratio
from due as d
join pg_catalog.pg_namespace as n on n.oid = d.relnamespace
where n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
-- If there are more tables than the limit, those closest to or beyond their threshold are kept.
order by vacuum_due_ratio desc nulls last, d.vacuum_threshold desc, d.oid;
