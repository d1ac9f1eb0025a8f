-- When autovacuum would come for each table, from its storage parameters or else the server's settings.
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
-- gauge autovacuum_enabled: Whether autovacuum runs for the table: neither it nor the server has switched it off.
-- gauge vacuum_threshold: Dead rows beyond which the table is due for a vacuum.
-- gauge vacuum_insert_threshold: Rows inserted since the last vacuum beyond which the table is due for one; absent if they are no reason.
-- gauge analyze_threshold: Rows changed since the last analyze beyond which the table is due for one.
-- gauge vacuum_due_ratio: Dead or inserted rows in proportion to their threshold, whichever is nearer; above 1 a vacuum is due.
-- gauge analyze_due_ratio: Changed rows in proportion to their threshold; above 1 an analyze is due.
with
  server as materialized (
    select
      pg_catalog.current_setting('autovacuum')::bool and pg_catalog.current_setting('track_counts')::bool as is_enabled,
      -- Without track_counts nothing is counted, and 0 dead rows would be a lie.
      case when pg_catalog.current_setting('track_counts')::bool then 1 end::float8 as is_counted,
      pg_catalog.current_setting('autovacuum_vacuum_threshold')::float8 as vacuum_base,
      pg_catalog.current_setting('autovacuum_vacuum_scale_factor')::float8 as vacuum_scale,
      pg_catalog.current_setting('autovacuum_vacuum_insert_threshold')::float8 as insert_base,
      pg_catalog.current_setting('autovacuum_vacuum_insert_scale_factor')::float8 as insert_scale,
      pg_catalog.current_setting('autovacuum_analyze_threshold')::float8 as analyze_base,
      pg_catalog.current_setting('autovacuum_analyze_scale_factor')::float8 as analyze_scale
  ),
  effective as materialized (
    select
      c.oid,
      c.relnamespace,
      c.relname,
      -- PostgreSQL 14 and later write -1 for a table that nobody has counted, and reckon with 0.
      greatest(c.reltuples, 0)::float8 as reltuples,
      s.is_counted,
      s.is_enabled and coalesce(o.is_enabled, true) as autovacuum_enabled,
      coalesce(o.vacuum_base, s.vacuum_base) as vacuum_base,
      coalesce(o.vacuum_scale, s.vacuum_scale) as vacuum_scale,
      nullif(coalesce(o.insert_base, s.insert_base), -1) as insert_base,
      coalesce(o.insert_scale, s.insert_scale) as insert_scale,
      coalesce(o.analyze_base, s.analyze_base) as analyze_base,
      coalesce(o.analyze_scale, s.analyze_scale) as analyze_scale
    from pg_catalog.pg_class as c
    cross join server as s
    left join lateral (
      select
        max(p.option_value) filter (where p.option_name = 'autovacuum_enabled')::bool as is_enabled,
        -- -1 in a storage parameter means the server's setting; only for inserted rows and the maximum it means never.
        nullif(max(p.option_value) filter (where p.option_name = 'autovacuum_vacuum_threshold')::float8, -1) as vacuum_base,
        nullif(max(p.option_value) filter (where p.option_name = 'autovacuum_vacuum_scale_factor')::float8, -1) as vacuum_scale,
        max(p.option_value) filter (where p.option_name = 'autovacuum_vacuum_insert_threshold')::float8 as insert_base,
        nullif(max(p.option_value) filter (where p.option_name = 'autovacuum_vacuum_insert_scale_factor')::float8, -1) as insert_scale,
        nullif(max(p.option_value) filter (where p.option_name = 'autovacuum_analyze_threshold')::float8, -1) as analyze_base,
        nullif(max(p.option_value) filter (where p.option_name = 'autovacuum_analyze_scale_factor')::float8, -1) as analyze_scale
      from pg_catalog.pg_options_to_table(c.reloptions) as p
    ) as o on c.reloptions is not null
    -- Autovacuum does not come for sessions' temporary tables.
    where c.relkind in ('r', 'm') and c.relpersistence <> 't'
  ),
  due as (
    select
      e.oid,
      e.relnamespace,
      e.relname,
      e.is_counted,
      e.autovacuum_enabled,
      e.vacuum_base + e.vacuum_scale * e.reltuples as vacuum_threshold,
      e.insert_base + e.insert_scale * e.reltuples as vacuum_insert_threshold,
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
  -- A threshold of 0 is passed by the first row.
  greatest(
    d.is_counted * pg_catalog.pg_stat_get_dead_tuples(d.oid) / greatest(d.vacuum_threshold, 1),
    d.is_counted * pg_catalog.pg_stat_get_ins_since_vacuum(d.oid) / greatest(d.vacuum_insert_threshold, case when d.vacuum_insert_threshold is not null then 1 end)
  ) as vacuum_due_ratio,
  d.is_counted * pg_catalog.pg_stat_get_mod_since_analyze(d.oid) / greatest(d.analyze_threshold, 1) as analyze_due_ratio
from due as d
join pg_catalog.pg_namespace as n on n.oid = d.relnamespace
where n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
-- Of more tables than the limit those stay that are nearest to being due, or beyond it.
order by vacuum_due_ratio desc nulls last, d.vacuum_threshold desc, d.oid;
