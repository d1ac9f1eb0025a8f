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
}

/** Identifies a running server: a standby shares the system identifier of its primary, and a restart changes the start time. */
export interface Identity {
  readonly systemIdentifier: string
  readonly startTime: string
}

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
  ${capabilities.map((capability) => capability.sql).join(',\n  ')}`

const identitySql = `
select system_identifier, extract(epoch from pg_catalog.pg_postmaster_start_time())::float8
from pg_catalog.pg_control_system()`

const options = { timeoutSeconds: 5, maxRows: 1 }

/** Reads the facts in one round trip, from catalogs only. */
export async function readFacts(session: Session): Promise<Facts> {
  const { rows } = await session.run(factsSql, options)
  const [role, version, isStandby, extensions, roles, ...granted] = rows[0] ?? []
  const own: readonly string[] | null = JSON.parse(roles ?? 'null')
  const found: Record<string, [string, string]> = JSON.parse(extensions ?? '{}')
  return {
    role: role ?? '',
    version: parseVersion(version ?? ''),
    isStandby: isStandby === 't',
    extensions: new Map(Object.entries(found).map(([name, [version, schema]]) => [name, { version: parseVersion(version), schema }])),
    capabilities: new Set(capabilities.filter((_, index) => granted[index] === 't').map((capability) => capability.name)),
    roles: own === null ? undefined : new Set(own)
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
