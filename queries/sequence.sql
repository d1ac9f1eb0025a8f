-- How far each sequence has come, by its own bounds and by those of the integer columns that take its numbers. One that cycles never ends.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- top:      200 by used_ratio
-- requires: role primary
--
-- label schemaname
-- label sequencename
-- gauge used_ratio: Numbers used in proportion to all that it has, 1 at the end; absent where unused, locked or hidden from the role.
-- cut   cut
with
  -- The columns that own a sequence (serial, identity), and those whose default takes numbers from it.
  fed as (
    select
      d.objid as sequence,
      d.refobjid as relid,
      d.refobjsubid as attnum
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_sequence as s on s.seqrelid = d.objid
    where
      d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.deptype in ('a', 'i')
      and d.refobjsubid > 0
    union all
    select
      d.refobjid,
      f.adrelid,
      f.adnum
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_sequence as s on s.seqrelid = d.refobjid
    join pg_catalog.pg_attrdef as f on f.oid = d.objid
    where
      d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  ),
  limits as materialized (
    select
      f.sequence,
      -- The narrowest column ends first. A domain is as wide as its base.
      min(case coalesce(nullif(t.typbasetype, 0), t.oid)
        when 'pg_catalog.int2'::pg_catalog.regtype then 32767
        when 'pg_catalog.int4'::pg_catalog.regtype then 2147483647
      end)::float8 as column_max,
      max(c.reltuples)::float8 as tuples
    from fed as f
    join pg_catalog.pg_class as c on c.oid = f.relid
    join pg_catalog.pg_attribute as a on a.attrelid = f.relid and a.attnum = f.attnum
    join pg_catalog.pg_type as t on t.oid = a.atttypid
    group by f.sequence
  ),
  -- Reading a sequence takes a lock, for which we must not wait.
  locked as materialized (
    select l.relation
    from pg_catalog.pg_locks as l
    join pg_catalog.pg_database as d on d.oid = l.database and d.datname = pg_catalog.current_database()
    where
      l.locktype = 'relation'
      and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  ),
  bounded as materialized (
    select
      c.oid,
      n.nspname,
      c.relname,
      s.seqincrement > 0 as is_ascending,
      greatest(s.seqmin::float8, case when s.seqincrement < 0 then - l.column_max - 1 end) as lowest,
      least(s.seqmax::float8, case when s.seqincrement > 0 then l.column_max end) as highest,
      case when l.tuples > 0 then l.tuples end as tuples
    from pg_catalog.pg_sequence as s
    join pg_catalog.pg_class as c on c.oid = s.seqrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join limits as l on l.sequence = c.oid
    where
      not s.seqcycle
      -- Sessions' temporary sequences cannot be read by others.
      and c.relpersistence <> 't'
      and not exists (select from locked as x where x.relation = c.oid)
  ),
  -- The locks stay until the statement ends, and thousands would fill the server's lock table. So those are read that are most
  -- likely to end: their table has many rows for their bounds. Where that is not known, a million stand for them.
  likeliest as materialized (
    select
      b.*,
      greatest(pg_catalog.count(*) over () - 500, 0) as cut
    from bounded as b
    where b.highest >= b.lowest and pg_catalog.has_sequence_privilege(b.oid, 'select, usage')
    order by coalesce(b.tuples, 1e6) / (b.highest - b.lowest + 1) desc, b.oid
    limit 500
  ),
  read as materialized (
    select
      b.*,
      pg_catalog.pg_sequence_last_value(b.oid)::float8 as last_value
    from likeliest as b
  )
select
  r.nspname as schemaname,
  r.relname as sequencename,
  least(greatest(
    case when r.is_ascending then r.last_value - r.lowest + 1 else r.highest - r.last_value + 1 end / (r.highest - r.lowest + 1),
    0
  ), 1) as used_ratio,
  r.cut
from read as r
where r.last_value is not null
order by used_ratio desc, r.oid;
