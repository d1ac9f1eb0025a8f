import { parseVersion, type Version } from '../query/version.ts'
import { capabilities } from './capability.ts'
import { ClassedError } from './error-class.ts'
import { runSupported } from './find-refusals.ts'
import { noRefusals, type Refusals } from './refusals.ts'
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

const factsSql = `
select
  current_user::text,
  pg_catalog.current_setting('server_version'),
  pg_catalog.pg_is_in_recovery(),
  pg_catalog.current_setting('in_hot_standby', true),
  (
    select pg_catalog.json_object_agg(e.extname, pg_catalog.json_build_array(e.extversion, pg_catalog.quote_ident(n.nspname)))
    from pg_catalog.pg_extension as e
    join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
  ),
  ${capabilities.map((capability) => capability.sql).join(',\n  ')}`

const identitySql = `
select system_identifier, extract(epoch from pg_catalog.pg_postmaster_start_time())::float8
from pg_catalog.pg_control_system()`

const options = { timeoutSeconds: 5, maxRows: 1 }

/** What was read, and everything that the server is now known to refuse in this database. */
export interface Read<Value> {
  readonly value: Value
  readonly refusals: Refusals
}

/** Reads the facts in one round trip, from catalogs only. */
export async function readFacts(session: Session): Promise<Facts> {
  return (await readSupportedFacts(session, noRefusals, 0)).value
}

/** Reads the facts without what the server refuses. A refused capability is missing; a refused state of recovery is read from a setting. */
export async function readSupportedFacts(session: Session, known: Refusals, now: number): Promise<Read<Facts>> {
  const { answer, refusals, message } = await runSupported(session, { name: 'facts', sql: factsSql, options }, known, now)
  if (answer === undefined) throw new ClassedError('unsupported', `cannot read the facts of the database: ${message}`)
  const [role, version, isInRecovery, inHotStandby, extensions, ...granted] = answer.rows[0] ?? []
  const found: Record<string, [string, string]> = JSON.parse(extensions ?? '{}')
  const value = {
    role: role ?? '',
    version: parseVersion(version ?? ''),
    // The setting exists since PostgreSQL 14.
    isStandby: isInRecovery === 't' || (isInRecovery === null && inHotStandby === 'on'),
    extensions: new Map(Object.entries(found).map(([name, [version, schema]]) => [name, { version: parseVersion(version), schema }])),
    capabilities: new Set(capabilities.filter((_, index) => granted[index] === 't').map((capability) => capability.name))
  }
  return { value, refusals }
}

/**
 * Reads the identity of the server; undefined if the role lacks the privilege or the server refuses the start time. A
 * server that refuses the system identifier is identified by its start time, which has microseconds.
 */
export async function readIdentity(session: Session, known: Refusals, now: number): Promise<Read<Identity | undefined>> {
  try {
    const { answer, refusals } = await runSupported(session, { name: 'identity', sql: identitySql, options }, known, now)
    const [systemIdentifier, startTime] = answer?.rows[0] ?? []
    return { value: startTime ? { systemIdentifier: systemIdentifier ?? '', startTime } : undefined, refusals }
  } catch (error) {
    if (session.isOpen()) return { value: undefined, refusals: known }
    throw error
  }
}
