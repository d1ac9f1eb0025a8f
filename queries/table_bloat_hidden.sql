-- Large tables whose statistics the role cannot read: the blind spot of pg_table_bloat_estimated_bytes.
--
-- scope:    database
-- interval: 15m
-- timeout:  30s
-- requires: role primary
--
-- gauge value: Tables of 128 pages or more whose bloat is not estimated because the role lacks SELECT on them or row-level
--    security applies to it.
select pg_catalog.count(*) as value
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
  c.relkind in ('r', 'm')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
  and c.relpages >= 128
  and (not pg_catalog.has_table_privilege(c.oid, 'select') or pg_catalog.row_security_active(c.oid));
