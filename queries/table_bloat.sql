-- Estimated bloat of large tables: their pages compared with the pages that their rows need according to the planner's
-- statistics.
--
-- scope:    database
-- interval: 15m
-- timeout:  30s
-- top:      200 (standard 20) by estimated_bytes
-- requires: role primary
--
-- label schemaname
-- label relname
-- gauge estimated_bytes: Estimated disk space of the table used by dead rows and free space; absent without statistics or if
--    the role cannot read them.
-- gauge estimated_ratio: Estimated bloat as a fraction of the size of the table, from 0 to 1; TOAST data and indexes are not
--    included.
-- cut   cut
with
  largest as materialized (
    select
      c.oid,
      n.nspname,
      c.relname,
      c.relnatts,
      greatest(pg_catalog.count(*) over () - 200, 0) as cut,
      c.relpages::float8 as pages,
      c.reltuples::float8 as tuples,
      pg_catalog.current_setting('block_size')::float8 as block,
      coalesce((
        select o.option_value::float8
        from pg_catalog.pg_options_to_table(c.reloptions) as o
        where o.option_name = 'fillfactor'
      ), 100) / 100 as fill
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_am as m on m.oid = c.relam and m.amname = 'heap'
    where
      c.relkind in ('r', 'm')
      and c.relpersistence <> 't'
      and n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
      -- Small tables are skipped: the estimate is inaccurate and there is little space to reclaim.
      and c.relpages >= 128
      and c.reltuples >= 0
      -- Without these privileges pg_stats is empty, and the estimate would be wrong.
      and pg_catalog.has_table_privilege(c.oid, 'select')
      and not pg_catalog.row_security_active(c.oid)
    order by c.relpages desc, c.oid
    limit 200
  ),
  needed as (
    select
      t.nspname,
      t.relname,
      t.oid,
      t.pages,
      t.block,
      t.cut,
      -- A page has a header of 24 bytes. A row has an item pointer of 4 bytes and a header of 23 bytes, plus a null bitmap if
      -- it has nulls; header and data are aligned to 8 bytes.
      pg_catalog.ceil(t.tuples / greatest(pg_catalog.floor((t.block - 24) * t.fill / (
        4
        + pg_catalog.ceil((23 + case when w.has_nulls then pg_catalog.ceil(w.columns / 8.0) else 0 end) / 8.0) * 8
        + pg_catalog.ceil(w.width / 8.0) * 8
      )), 1)) as pages_needed
    from largest as t
    cross join lateral (
      select
        pg_catalog.count(*) as columns,
        pg_catalog.bool_and(s.avg_width is not null) as is_known,
        pg_catalog.bool_or(s.null_frac > 0) as has_nulls,
        sum((1 - s.null_frac) * s.avg_width) as width
      from pg_catalog.pg_attribute as a
      left join pg_catalog.pg_stats as s
        on s.schemaname = t.nspname and s.tablename = t.relname and s.attname = a.attname and not s.inherited
      where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    ) as w
    -- Without the statistics of all columns, the row width is unknown.
    where w.is_known
  )
select
  d.nspname as schemaname,
  d.relname,
  greatest(d.pages - d.pages_needed, 0) * d.block as estimated_bytes,
  greatest(d.pages - d.pages_needed, 0) / d.pages as estimated_ratio,
  d.cut
from needed as d
order by estimated_bytes desc, d.oid;
