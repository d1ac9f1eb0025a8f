import { compactSql } from '../query/compact-sql.ts'
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
}

/** Identifies a running server: a standby shares the system identifier of its primary, and a restart changes the start time. */
export interface Identity {
  readonly systemIdentifier: string
  readonly startTime: string
}

const factsSql = compactSql(`
select
  current_user::text,
  pg_catalog.current_setting('server_version'),
  pg_catalog.pg_is_in_recovery(),
  (
    select pg_catalog.json_object_agg(e.extname, pg_catalog.json_build_array(e.extversion, pg_catalog.quote_ident(n.nspname)))
    from pg_catalog.pg_extension as e
    join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
  ),
  ${capabilities.map((capability) => capability.sql).join(',\n  ')}`)

const identitySql = compactSql(`
select system_identifier, extract(epoch from pg_catalog.pg_postmaster_start_time())::float8
from pg_catalog.pg_control_system()`)

/** Without the privilege for pg_control_system(), the start time alone identifies the server. */
const startTimeSql = "select '', extract(epoch from pg_catalog.pg_postmaster_start_time())::float8"

const options = { timeoutSeconds: 5, maxRows: 1 }

/** Reads the facts in one round trip, from catalogs only. */
export async function readFacts(session: Session): Promise<Facts> {
  const { rows } = await session.run(factsSql, options)
  const [role, version, isStandby, extensions, ...granted] = rows[0] ?? []
  const found: Record<string, [string, string]> = JSON.parse(extensions ?? '{}')
  return {
    role: role ?? '',
    version: parseVersion(version ?? ''),
    isStandby: isStandby === 't',
    extensions: new Map(Object.entries(found).map(([name, [version, schema]]) => [name, { version: parseVersion(version), schema }])),
    capabilities: new Set(capabilities.filter((_, index) => granted[index] === 't').map((capability) => capability.name))
  }
}

/** Reads the identity of the server. The system identifier is `''` if the role lacks the privilege. */
export async function readIdentity(session: Session): Promise<Identity | undefined> {
  return (await identityFrom(session, identitySql)) ?? (await identityFrom(session, startTimeSql))
}

async function identityFrom(session: Session, sql: string): Promise<Identity | undefined> {
  try {
    const [systemIdentifier, startTime] = (await session.run(sql, options)).rows[0] ?? []
    return startTime ? { systemIdentifier: systemIdentifier ?? '', startTime } : undefined
  } catch (error) {
    if (session.isOpen()) return undefined
    throw error
  }
}
