-- Privileges of roles in the database that differ from the access that the configuration declares. docs/boundaries.md lists
-- what each declaration allows.
--
-- scope:    database
-- interval: 5m
-- timeout:  10s
-- requires: declared access
--
-- label rolname
-- label privilege
-- gauge excess: Objects on which the role can use this privilege although its declared access does not include it; absent if
--    there are none.
-- gauge missing: Objects on which the role lacks this privilege although its declared access includes it; absent if there are
--    none.
with recursive rules (kind, privilege, allowed_from, needed_from) as (
  -- Levels: 1 none, 2 connect, 3 read, 4 write, 5 owner. Privileges that are not listed are not checked.
  values
    ('database', 'CONNECT', 2, 2),
    ('database', 'CREATE', 5, null),
    ('schema', 'USAGE', 1, 3),
    ('schema', 'CREATE', 5, null),
    ('table', 'SELECT', 3, 3),
    ('table', 'INSERT', 4, 4),
    ('table', 'UPDATE', 4, 4),
    ('table', 'DELETE', 4, 4),
    ('table', 'TRUNCATE', 5, null),
    ('table', 'REFERENCES', 5, null),
    ('table', 'TRIGGER', 5, null),
    ('table', 'MAINTAIN', 5, null),
    ('view', 'SELECT', 3, 3),
    ('view', 'INSERT', 4, null),
    ('view', 'UPDATE', 4, null),
    ('view', 'DELETE', 4, null),
    ('view', 'TRUNCATE', 5, null),
    ('view', 'REFERENCES', 5, null),
    ('view', 'TRIGGER', 5, null),
    ('view', 'MAINTAIN', 5, null),
    ('sequence', 'SELECT', 3, null),
    ('sequence', 'USAGE', 4, 4),
    ('sequence', 'UPDATE', 4, null),
    ('function', 'EXECUTE', 4, null)
),
predefined (rolname, kind, privilege) as (
  values
    ('pg_read_all_data', 'schema', 'USAGE'),
    ('pg_read_all_data', 'table', 'SELECT'),
    ('pg_read_all_data', 'view', 'SELECT'),
    ('pg_read_all_data', 'sequence', 'SELECT'),
    ('pg_write_all_data', 'schema', 'USAGE'),
    ('pg_write_all_data', 'table', 'INSERT'),
    ('pg_write_all_data', 'table', 'UPDATE'),
    ('pg_write_all_data', 'table', 'DELETE'),
    ('pg_write_all_data', 'view', 'INSERT'),
    ('pg_write_all_data', 'view', 'UPDATE'),
    ('pg_write_all_data', 'view', 'DELETE'),
    ('pg_write_all_data', 'sequence', 'UPDATE'),
    ('pg_maintain', 'table', 'MAINTAIN'),
    ('pg_maintain', 'view', 'MAINTAIN')
),
members as (
  -- Before PostgreSQL 16, memberships have no options; SET ROLE is always allowed.
  select
    m.member,
    m.roleid as role,
    coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true) as inherits,
    coalesce((pg_catalog.to_jsonb(m) ->> 'set_option')::boolean, true) as may_set
  from pg_catalog.pg_auth_members as m
  union all
  -- The owner of the database is an implicit member of pg_database_owner.
  select d.datdba, r.oid, true, true
  from pg_catalog.pg_database as d
  join pg_catalog.pg_roles as r on r.rolname = 'pg_database_owner'
  where d.datname = pg_catalog.current_database()
),
declared as (
  -- In psql: set pgvitals.access = '{"labeler_user": "read"}'
  select d.key as rolname, pg_catalog.array_position('{none,connect,read,write,owner}', d.value) as level, r.oid as root
  from pg_catalog.jsonb_each_text(coalesce(nullif(pg_catalog.current_setting('pgvitals.access', true), ''), '{}')::jsonb) as d
  left join pg_catalog.pg_roles as r on r.rolname = d.key
),
reach (root, role, can_be) as (
  -- All roles whose privileges the declared role has, and whether it can SET ROLE to them.
  select root, root, true from declared where root is not null
  union
  select h.root, m.role, h.can_be and m.may_set
  from reach as h
  join members as m on m.member = h.role
  where m.inherits or (h.can_be and m.may_set)
),
holders as (
  select distinct root, role from reach
  union all
  select root, 0::oid from declared where root is not null
),
attributes as (
  -- Attributes that bypass all grants. Superuser is reported separately because it makes every other finding redundant.
  select
    h.root,
    pg_catalog.bool_or(h.can_be and r.rolsuper) as is_superuser,
    pg_catalog.sum(
      (h.can_be and r.rolreplication)::int
      + (h.can_be and r.rolbypassrls)::int
      -- From PostgreSQL 16 on, CREATEROLE covers only roles granted with ADMIN OPTION.
      + (h.can_be and r.rolcreaterole and pg_catalog.current_setting('server_version_num')::int < 160000)::int
      + (r.rolname in ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))::int
    ) as bypasses
  from (select root, role, pg_catalog.bool_or(can_be) as can_be from reach group by root, role) as h
  join pg_catalog.pg_roles as r on r.oid = h.role
  group by h.root
),
schemas as (
  select n.oid as schema, n.nspowner as owner, coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)) as acl
  from pg_catalog.pg_namespace as n
  where
    n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
    and not exists (
      select from pg_catalog.pg_depend as e
      where e.classid = 'pg_catalog.pg_namespace'::regclass and e.objid = n.oid and e.deptype = 'e'
    )
),
column_grants as (
  select a.attrelid, pg_catalog.array_agg(i.item) as acl
  from pg_catalog.pg_attribute as a
  cross join lateral pg_catalog.unnest(a.attacl) as i (item)
  where a.attacl is not null and not a.attisdropped
  group by a.attrelid
),
relations as (
  select
    case when c.relkind = 'S' then 'sequence' when c.relkind in ('r', 'p') then 'table' else 'view' end as kind,
    c.relnamespace as schema,
    c.relowner as owner,
    coalesce(c.relacl, pg_catalog.acldefault(case when c.relkind = 'S' then 's' else 'r' end::"char", c.relowner)) as acl,
    g.acl as column_acl,
    -- Partitions and inheritance children are read through their parent; the sequence of an identity column belongs to its
    -- table.
    not exists (select from pg_catalog.pg_inherits as i where i.inhrelid = c.oid) and not exists (
      select from pg_catalog.pg_depend as i
      where
        c.relkind = 'S' and i.classid = 'pg_catalog.pg_class'::regclass and i.objid = c.oid and i.deptype = 'i'
    ) as is_needed
  from pg_catalog.pg_class as c
  join schemas as n on n.schema = c.relnamespace
  left join column_grants as g on g.attrelid = c.oid
  where
    c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not exists (
      select from pg_catalog.pg_depend as e
      where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
    )
),
secrets (id, acl, privilege) as (
  -- Catalogs and functions that expose password hashes, column values of every table or server files, or that write files. By
  -- default only superusers may use them.
  select c.oid, c.relacl || g.acl, 'SELECT'
  from pg_catalog.pg_class as c
  left join column_grants as g on g.attrelid = c.oid
  where
    c.relnamespace = 'pg_catalog'::regnamespace
    and c.relname in ('pg_authid', 'pg_shadow', 'pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject', 'pg_user_mapping')
  union all
  select p.oid, p.proacl, 'EXECUTE'
  from pg_catalog.pg_proc as p
  where
    p.pronamespace = 'pg_catalog'::regnamespace
    and p.proname in ('pg_read_file', 'pg_read_binary_file', 'lo_import', 'lo_export')
),
objects as (
  -- Relations with the same owner and grants are counted as one row: ten thousand relations become a few rows.
  select pg_catalog.row_number() over () as id, o.*
  from (
    select
      'database' as kind,
      null::oid as schema,
      d.datdba as owner,
      coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba)) as acl,
      null::aclitem[] as column_acl,
      true as is_needed,
      false as is_default,
      1::bigint as objects
    from pg_catalog.pg_database as d
    where d.datname = pg_catalog.current_database()
    union all
    select 'schema', n.schema, n.owner, n.acl, null, r.schema is not null, false, 1
    from schemas as n
    left join (select distinct schema from relations where is_needed and kind <> 'sequence') as r on r.schema = n.schema
    union all
    select kind, schema, owner, acl, column_acl, is_needed, false, pg_catalog.count(*)
    from relations
    group by kind, schema, owner, acl, column_acl, is_needed
    union all
    -- SECURITY DEFINER functions. Trigger functions cannot be called directly.
    select
      'function', p.pronamespace, p.proowner, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) as acl,
      null, false, false, pg_catalog.count(*)
    from pg_catalog.pg_proc as p
    join schemas as n on n.schema = p.pronamespace
    where
      p.prosecdef
      and p.prorettype not in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
      and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e'
      )
    group by 2, 3, 4
    union all
    select
      case a.defaclobjtype when 'r' then 'table' when 'S' then 'sequence' else 'schema' end,
      null, a.defaclrole, a.defaclacl, null, false, true, 1
    from pg_catalog.pg_default_acl as a
    where a.defaclobjtype in ('r', 'S', 'n')
  ) as o
  where exists (select from declared)
),
owned as (
  select o.id, h.root from objects as o join holders as h on h.role = o.owner
),
held as (
  select o.id, h.root, g.privilege, pg_catalog.bool_or(g.is_whole) as is_whole
  from objects as o
  cross join lateral (
    select e.grantee, e.privilege_type as privilege, true as is_whole from pg_catalog.aclexplode(o.acl) as e
    union all
    select e.grantee, e.privilege_type, false from pg_catalog.aclexplode(o.column_acl) as e
    union all
    select r.oid, p.privilege, true
    from predefined as p
    join pg_catalog.pg_roles as r on r.rolname = p.rolname
    where p.kind = o.kind and not o.is_default
  ) as g
  join holders as h on h.role = g.grantee
  group by o.id, h.root, g.privilege
),
usable as (
  -- No privilege is usable without CONNECT on the database, nor inside a schema without USAGE on it.
  select h.root, o.schema
  from objects as o
  join held as h on h.id = o.id
  where not o.is_default and (o.kind, h.privilege) in (('database', 'CONNECT'), ('schema', 'USAGE'))
  union
  select w.root, o.schema
  from objects as o
  join owned as w on w.id = o.id
  where not o.is_default and o.kind in ('database', 'schema')
),
findings (root, privilege, excess, missing) as (
  select h.root, case when o.is_default then 'default_' else '' end || pg_catalog.lower(h.privilege), o.objects, null::bigint
  from held as h
  join objects as o on o.id = h.id
  join rules as r on r.kind = o.kind and r.privilege = h.privilege
  join declared as d on d.root = h.root
  where
    d.level < r.allowed_from
    and not exists (select from owned as w where w.id = o.id and w.root = h.root)
    and exists (select from usable as u where u.root = h.root and u.schema is null)
    and (
      o.kind = 'schema'
      or o.schema is null
      or exists (select from usable as u where u.root = h.root and u.schema = o.schema)
    )
  union all
  select w.root, 'own', o.objects, null
  from owned as w
  join objects as o on o.id = w.id
  join declared as d on d.root = w.root
  where
    d.level < 5
    and not o.is_default
    and o.kind <> 'function'
    and exists (select from usable as u where u.root = w.root and u.schema is null)
  union all
  select d.root, r.privilege, r.excess, null
  from declared as d
  join attributes as a on a.root = d.root
  cross join lateral (values ('superuser', a.is_superuser::int), ('bypass', a.bypasses)) as r (privilege, excess)
  where d.level < 5 and r.excess > 0
  union all
  select d.root, 'bypass', pg_catalog.count(distinct s.id), null
  from secrets as s
  cross join lateral pg_catalog.aclexplode(s.acl) as a
  join holders as h on h.role = a.grantee
  join declared as d on d.root = h.root
  where
    d.level < 5
    and a.privilege_type = s.privilege
    and exists (select from usable as u where u.root = h.root and u.schema is null)
  group by d.root
  union all
  select d.root, pg_catalog.lower(r.privilege), null, o.objects
  from declared as d
  join rules as r on r.needed_from <= d.level
  join objects as o on o.kind = r.kind and o.is_needed
  where
    d.root is not null
    and not exists (select from owned as w where w.id = o.id and w.root = d.root)
    and not exists (
      select from held as h
      where
        h.id = o.id
        and h.root = d.root
        and h.is_whole
        -- UPDATE also allows nextval().
        and (h.privilege = r.privilege or (o.kind = 'sequence' and h.privilege = 'UPDATE'))
    )
  union all
  select d.root, 'own', null, 1
  from declared as d
  join objects as o on o.kind = 'database'
  where d.level = 5 and d.root is not null and not exists (select from owned as w where w.id = o.id and w.root = d.root)
)
select d.rolname, f.privilege, pg_catalog.sum(f.excess)::bigint as excess, pg_catalog.sum(f.missing)::bigint as missing
from findings as f
join declared as d on d.root = f.root
join attributes as a on a.root = f.root
where f.privilege = 'superuser' or not a.is_superuser
group by d.rolname, f.privilege
union all
-- The declared role does not exist.
select d.rolname, 'role', null, 1
from declared as d
where d.root is null
order by rolname, privilege;
