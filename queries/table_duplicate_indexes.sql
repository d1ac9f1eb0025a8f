-- Duplicate indexes: indexes of one table with the same columns, order, operator classes and predicate.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      100 by bytes, value
-- requires: role primary
-- parts:    select distinct i.indrelid from pg_catalog.pg_index as i
--
-- label schemaname
-- label relname
-- gauge value: Indexes of the table that duplicate another one. Of equal indexes, a primary key or unique index counts as the
--    original.
-- gauge bytes: Disk space used by the duplicate indexes; absent while one of them is locked.
-- cut   cut
with
  -- pg_get_indexdef() would wait for locks. Expression trees contain the position in the statement text, which is removed.
  ranked as materialized (
    select
      i.indexrelid,
      i.indrelid,
      c.relpages,
      pg_catalog.row_number() over (
        partition by
          i.indrelid,
          c.relam,
          i.indnkeyatts,
          i.indkey::text,
          i.indclass,
          i.indcollation,
          i.indoption::text,
          pg_catalog.regexp_replace(i.indexprs::text, ':location -?\d+', '', 'g'),
          pg_catalog.regexp_replace(i.indpred::text, ':location -?\d+', '', 'g')
        order by i.indisprimary desc, i.indisunique desc, i.indimmediate desc, i.indisreplident desc, i.indexrelid
      ) as place
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid and c.relkind = 'i' and c.relpersistence <> 't'
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    -- The operators of exclusion constraints are not part of these columns.
    where
      i.indisvalid
      and not i.indisexclusion
      and coalesce(i.indrelid = any (nullif(pg_catalog.current_setting('pgvitals.parts', true), '')::oid[]), true)
      and n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
  ),
  duplicate as materialized (
    select
      r.indrelid,
      pg_catalog.count(*) as indexes,
      pg_catalog.array_agg(r.indexrelid) as indexrelids,
      greatest(pg_catalog.count(*) over () - 100, 0) as cut
    from ranked as r
    where r.place > 1
    group by r.indrelid
    order by sum(r.relpages) desc, r.indrelid
    limit 100
  )
select
  n.nspname as schemaname,
  t.relname,
  d.indexes as value,
  case
    when not exists (
      select
      from pg_catalog.pg_locks as l
      join pg_catalog.pg_database as b on b.oid = l.database and b.datname = pg_catalog.current_database()
      where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.relation = any (d.indexrelids)
    )
      then (select sum(pg_catalog.pg_table_size(i.oid)) from pg_catalog.unnest(d.indexrelids) as i (oid))
  end as bytes,
  d.cut
from duplicate as d
join pg_catalog.pg_class as t on t.oid = d.indrelid
join pg_catalog.pg_namespace as n on n.oid = t.relnamespace;
