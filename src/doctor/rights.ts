import type { Session } from '../server/session.ts'

/** A right that a monitoring role does not need. */
export interface Right {
  readonly kind: 'attribute' | 'membership' | 'owner' | 'write' | 'create'
  /** The attribute, the role, or the object as `schema name` or `database name`, with quoted identifiers. `bootstrap` marks the bootstrap superuser. */
  readonly on: string
  /** The number of tables; 0 if the right does not concern tables. */
  readonly tables: number
  readonly privileges: string
  /** The role, granted to the session's role, that has the right; `''` for the session's role itself, `public` for PUBLIC. */
  readonly through: string
}

// Predefined roles of PostgreSQL and of cloud providers with more privileges than monitoring needs.
const powerful = `
  'pg_read_all_data', 'pg_write_all_data', 'pg_maintain', 'pg_read_server_files', 'pg_write_server_files',
  'pg_execute_server_program', 'pg_signal_backend', 'pg_checkpoint', 'pg_create_subscription',
  'rds_superuser', 'rds_replication', 'cloudsqlsuperuser', 'azure_pg_admin'`

const sql = `
with recursive members as (
  -- Which memberships count, as in queries/access.sql.
  select
    m.member,
    m.roleid as role,
    coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true) as inherits,
    coalesce((pg_catalog.to_jsonb(m) ->> 'set_option')::boolean, true) as may_set
  from pg_catalog.pg_auth_members as m
),
reach (role, through, can_be) as (
  select r.oid, '' collate "C", true from pg_catalog.pg_roles as r where r.rolname = current_user
  union
  select m.role, case h.through when '' then pg_catalog.quote_ident(r.rolname) else h.through end, h.can_be and m.may_set
  from reach as h
  join members as m on m.member = h.role
  join pg_catalog.pg_roles as r on r.oid = m.role
  where m.inherits or (h.can_be and m.may_set)
),
grantees as (
  select distinct role, through from reach
  union all
  select 0::oid, 'public' collate "C"
),
relations as (
  select c.oid, c.relnamespace, c.relowner, pg_catalog.quote_ident(n.nspname) as schema, c.relacl
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (
      select from pg_catalog.pg_depend as e
      where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
    )
)
select distinct 'attribute', a.name, 0, '', h.through
from reach as h
join pg_catalog.pg_roles as r on r.oid = h.role
cross join lateral (
  values
    ('superuser', r.rolsuper), ('createrole', r.rolcreaterole), ('createdb', r.rolcreatedb),
    ('replication', r.rolreplication), ('bypassrls', r.rolbypassrls), ('bootstrap', r.oid = 10)
) as a (name, has)
where a.has and h.can_be
union all
select distinct 'membership', r.rolname, 0, '', h.through
from reach as h
join pg_catalog.pg_roles as r on r.oid = h.role
where r.rolname in (${powerful})
union all
select 'owner', 'database ' || pg_catalog.quote_ident(d.datname), 0, '', h.through
from pg_catalog.pg_database as d
join (select distinct role, through from reach) as h on h.role = d.datdba
where d.datname = pg_catalog.current_database()
union all
select 'owner', 'schema ' || pg_catalog.quote_ident(n.nspname), 0, '', h.through
from pg_catalog.pg_namespace as n
join (select distinct role, through from reach) as h on h.role = n.nspowner
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all
select 'owner', 'schema ' || c.schema, pg_catalog.count(distinct c.oid), '', h.through
from relations as c
join (select distinct role, through from reach) as h on h.role = c.relowner
group by c.schema, h.through
union all
select
  'write', c.schema, pg_catalog.count(distinct c.oid),
  pg_catalog.string_agg(distinct pg_catalog.lower(a.privilege_type), ', ' order by pg_catalog.lower(a.privilege_type)), h.through
from relations as c
cross join lateral (
  select e.grantee, e.privilege_type from pg_catalog.aclexplode(c.relacl) as e
  union all
  select e.grantee, e.privilege_type
  from pg_catalog.pg_attribute as t
  cross join lateral pg_catalog.aclexplode(t.attacl) as e
  where t.attrelid = c.oid and t.attacl is not null
) as a
join grantees as h on h.role = a.grantee
where a.privilege_type <> 'SELECT' and c.relowner not in (select role from reach)
group by c.schema, h.through
union all
select distinct 'create', 'schema ' || pg_catalog.quote_ident(n.nspname), 0, '', h.through
from pg_catalog.pg_namespace as n
cross join lateral pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) as a
join grantees as h on h.role = a.grantee
where
  a.privilege_type = 'CREATE'
  and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and n.nspowner not in (select role from reach)
union all
select distinct 'create', 'database ' || pg_catalog.quote_ident(d.datname), 0, '', h.through
from pg_catalog.pg_database as d
cross join lateral pg_catalog.aclexplode(d.datacl) as a
join grantees as h on h.role = a.grantee
where
  d.datname = pg_catalog.current_database()
  and a.privilege_type = 'CREATE'
  and d.datdba not in (select role from reach)
order by 1, 5, 2`

/** Reads the rights of the session's role in the database beyond monitoring, from catalogs only. */
export async function readRights(session: Session): Promise<readonly Right[]> {
  const { rows } = await session.run(sql, { timeoutSeconds: 10, maxRows: 1000 })
  return rows.map(([kind, on, tables, privileges, through]) => ({
    kind: kind as Right['kind'],
    on: on ?? '',
    tables: Number(tables),
    privileges: privileges ?? '',
    through: through ?? ''
  }))
}
