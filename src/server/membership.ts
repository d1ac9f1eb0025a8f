import { compareVersions, type Version } from '../query/version.ts'
import { quoteIdentifier } from './identifier.ts'

/** How a role is related to pg_monitor. */
export interface Membership {
  /** Whether the role is a member of pg_monitor, directly or through other roles, with or without its privileges. */
  readonly isMember: boolean
  /** The statements after which a member has the privileges of pg_monitor; empty if it has them or is not a member. */
  readonly inheritSteps: readonly string[]
  /** Whether the role inherits the privileges of roles that are granted to it without further options. */
  readonly inherits: boolean
}

/** A JSON array with the fields of `Membership`, as SQL. */
export const membershipSql = `(
    select pg_catalog.json_build_array(
      pg_catalog.pg_has_role('pg_monitor', 'member'),
      case when pg_catalog.pg_has_role('pg_monitor', 'member') and not pg_catalog.pg_has_role('pg_monitor', 'usage') then (
        with recursive links as (
          -- From PostgreSQL 16 each membership has an option; before, the member has an attribute.
          select
            m.member,
            m.roleid as role,
            coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, a.rolinherit) as inherits,
            case
              when pg_catalog.current_setting('server_version_num')::int >= 160000
                then pg_catalog.format('grant %I to %I with inherit true', g.rolname, a.rolname)
              else pg_catalog.format('alter role %I inherit', a.rolname)
            end as step
          from pg_catalog.pg_auth_members as m
          join pg_catalog.pg_roles as a on a.oid = m.member
          join pg_catalog.pg_roles as g on g.oid = m.roleid
        ),
        paths (role, steps) as (
          select r.oid, array[]::text[] collate "C"
          union
          select l.role, case when l.inherits then p.steps else p.steps || l.step end
          from paths as p
          join links as l on l.member = p.role
        )
        select pg_catalog.to_json(p.steps)
        from paths as p
        join pg_catalog.pg_roles as g on g.oid = p.role
        where g.rolname = 'pg_monitor'
        order by pg_catalog.cardinality(p.steps), p.steps
        limit 1
      ) end,
      r.rolinherit
    )
    from pg_catalog.pg_roles as r
    where r.rolname = current_user
  )`

/** Reads the result of `membershipSql`. */
export function parseMembership(text: string): Membership {
  const [isMember, steps, inherits]: [boolean, string[] | null, boolean] = JSON.parse(text)
  return { isMember, inheritSteps: steps ?? [], inherits }
}

/** The statements that grant a predefined role so that its privileges apply immediately, even if the role does not inherit by default. */
export function grantRole(
  granted: string,
  role: string,
  { inherits, version }: { inherits: boolean; version: Version }
): readonly string[] {
  const name = quoteIdentifier(role)
  if (inherits) return [`grant ${granted} to ${name}`]
  if (compareVersions(version, [16]) >= 0) return [`grant ${granted} to ${name} with inherit true`]
  return [`grant ${granted} to ${name}`, `alter role ${name} inherit`]
}
