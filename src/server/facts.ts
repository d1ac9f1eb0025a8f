import { type TrackingSetting, trackingSettings } from '../query/requirement.ts'
import { parseVersion, type Version } from '../query/version.ts'
import { capabilities } from './capability.ts'
import type { Session } from './session.ts'

export interface Extension {
  readonly version: Version
  /** The schema as an SQL identifier, quoted by `quote_ident`. */
  readonly schema: string
}

/** Properties of a database and of the role of the session. All of them can change, so they are read in every poll cycle. */
export interface Facts {
  /** The name of the role, not quoted. */
  readonly role: string
  readonly version: Version
  readonly isStandby: boolean
  readonly extensions: ReadonlyMap<string, Extension>
  /** The names of the capabilities that the role has. */
  readonly capabilities: ReadonlySet<string>
  /** The roles whose privileges the role has, among them itself; undefined with pg_read_all_stats. */
  readonly roles?: ReadonlySet<string> | undefined
  /** The tracking settings that are off, in this database or in all databases of the server. */
  readonly untracked: ReadonlyMap<TrackingSetting, 'here' | 'everywhere'>
}

/** Identifies a running server: a standby shares the system identifier of its primary, and a restart changes the start time. */
export interface Identity {
  readonly systemIdentifier: string
  readonly startTime: string
}

/**
 * The tracking settings that are off, as a JSON object for `Facts.untracked`. Each acts in the backend that does the
 * work, and `alter database` and `alter role` can set it for some backends. What counts is therefore the value in the
 * sessions of applications, not in ours:
 *
 * - A value of this database decides for this database and says nothing about the others.
 * - A value of a role says nothing about the sessions of other roles; while one role has the setting on, something is
 *   counted, and the setting is not off.
 * - Our own value is that of the server only if it comes from neither our role nor our database. Otherwise the value of
 *   the server is not visible, and PostgreSQL's default, on, is assumed.
 *
 * A setting unknown to the server is not off. Source: PostgreSQL's documentation, "Parameter Interaction via the Database".
 */
const untrackedSql = `
  select pg_catalog.json_object_agg(v.name, v.scope)
  from (
    select
      s.name,
      case
        when v.server_is_off and not v.is_on_somewhere then 'everywhere'
        when coalesce(v.here_is_off, v.server_is_off) and not v.is_on_for_role then 'here'
      end as scope
    from pg_catalog.unnest(array[${trackingSettings.map((name) => `'${name}'`).join(', ')}]) as s (name)
    cross join lateral (
      select
        coalesce(pg_catalog.bool_and(not o.is_ours), true) and pg_catalog.current_setting(s.name, true) in ('off', 'none') as server_is_off,
        pg_catalog.bool_or(o.is_off) filter (where o.is_here and o.setrole = 0) as here_is_off,
        coalesce(pg_catalog.bool_or(not o.is_off) filter (where o.setrole <> 0 and (o.is_here or o.setdatabase = 0)), false) as is_on_for_role,
        coalesce(pg_catalog.bool_or(not o.is_off), false) as is_on_somewhere
      from (
        select
          r.setdatabase,
          r.setrole,
          r.setdatabase = d.oid as is_here,
          r.setdatabase in (0, d.oid) and r.setrole in (0, u.oid) as is_ours,
          pg_catalog.lower(pg_catalog.split_part(c.entry, '=', 2)) in ('off', 'false', 'no', '0', 'none') as is_off
        from pg_catalog.pg_db_role_setting as r
        cross join lateral pg_catalog.unnest(r.setconfig) as c (entry)
        join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database()
        join pg_catalog.pg_roles as u on u.rolname = session_user
        -- A value of all roles in all databases is part of the value of the server.
        where pg_catalog.split_part(c.entry, '=', 1) = s.name and (r.setdatabase, r.setrole) <> (0, 0)
      ) as o
    ) as v
  ) as v
  where v.scope is not null`

const factsSql = `
select
  current_user::text as rolname,
  pg_catalog.current_setting('server_version'),
  pg_catalog.pg_is_in_recovery(),
  (
    select pg_catalog.json_object_agg(e.extname, pg_catalog.json_build_array(e.extversion, pg_catalog.quote_ident(n.nspname)))
    from pg_catalog.pg_extension as e
    join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
  ),
  case
    when not pg_catalog.pg_has_role('pg_read_all_stats', 'usage')
    then (select pg_catalog.json_agg(r.rolname) from pg_catalog.pg_roles as r where pg_catalog.pg_has_role(r.oid, 'usage'))
  end,
  (${untrackedSql}),
  ${capabilities.map((capability) => capability.sql).join(',\n  ')}`

const identitySql = `
select system_identifier, extract(epoch from pg_catalog.pg_postmaster_start_time())::float8
from pg_catalog.pg_control_system()`

const options = { timeoutSeconds: 5, maxRows: 1 }

/** Reads the facts in one round trip, from catalogs only. */
export async function readFacts(session: Session): Promise<Facts> {
  const { rows } = await session.run(factsSql, options)
  const [role, version, isStandby, extensions, roles, untracked, ...granted] = rows[0] ?? []
  const own: readonly string[] | null = JSON.parse(roles ?? 'null')
  const found: Record<string, [string, string]> = JSON.parse(extensions ?? '{}')
  const off: Partial<Record<TrackingSetting, 'here' | 'everywhere'>> = JSON.parse(untracked ?? '{}')
  return {
    role: role ?? '',
    version: parseVersion(version ?? ''),
    isStandby: isStandby === 't',
    extensions: new Map(Object.entries(found).map(([name, [version, schema]]) => [name, { version: parseVersion(version), schema }])),
    capabilities: new Set(capabilities.filter((_, index) => granted[index] === 't').map((capability) => capability.name)),
    roles: own === null ? undefined : new Set(own),
    untracked: new Map(trackingSettings.flatMap((name) => (off[name] === undefined ? [] : [[name, off[name]] as const])))
  }
}

/** Reads the identity of the server; undefined if the role lacks the privilege. */
export async function readIdentity(session: Session): Promise<Identity | undefined> {
  try {
    const { rows } = await session.run(identitySql, options)
    const [systemIdentifier, startTime] = rows[0] ?? []
    return systemIdentifier && startTime ? { systemIdentifier, startTime } : undefined
  } catch (error) {
    if (session.isOpen()) return undefined
    throw error
  }
}
