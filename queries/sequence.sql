-- Used part of each sequence, by its own bounds and those of the integer columns that take its values. Cycling sequences are
-- skipped.
--
-- scope:    database
-- detail:   minimal
-- interval: 5m
-- timeout:  30s
-- top:      200 by used_ratio
-- requires: role primary
-- parts:    select s.seqrelid from pg_catalog.pg_sequence as s
--
-- label schemaname
-- label sequencename
-- gauge used_ratio: Used fraction of the sequence's values, 1 when it is exhausted; absent if the sequence is unused, locked
--    or not readable by the role.
-- cut   cut
with
  -- Columns that own a sequence (serial, identity) and columns whose default calls nextval().
  consumer as (
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
      -- The narrowest column is exhausted first. A domain has the range of its base type.
      min(case coalesce(nullif(t.typbasetype, 0), t.oid)
        when 'pg_catalog.int2'::pg_catalog.regtype then 32767
        when 'pg_catalog.int4'::pg_catalog.regtype then 2147483647
      end)::float8 as column_max,
      max(c.reltuples)::float8 as tuples
    from consumer as f
    join pg_catalog.pg_class as c on c.oid = f.relid
    join pg_catalog.pg_attribute as a on a.attrelid = f.relid and a.attnum = f.attnum
    join pg_catalog.pg_type as t on t.oid = a.atttypid
    group by f.sequence
  ),
  -- pg_sequence_last_value() locks the sequence, so those with a conflicting lock are skipped.
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
      -- Temporary sequences of other sessions cannot be read.
      and c.relpersistence <> 't'
      and coalesce(c.oid = any (nullif(pg_catalog.current_setting('pgvitals.parts', true), '')::oid[]), true)
      and not exists (select from locked as x where x.relation = c.oid)
  ),
  -- The locks are held until the statement ends; thousands would fill the lock table of the server. Only the 500 sequences
  -- with the highest ratio of table rows to range are read; a million rows are assumed if the number is unknown.
  candidate as materialized (
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
    from candidate as b
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
