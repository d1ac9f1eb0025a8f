import { compactSql } from '../query/compact-sql.ts'
import { parseVersion, type Version } from '../query/version.ts'
import { type Capability, capabilities } from './capability.ts'
import { ClassedError } from './error-class.ts'
import { runSupported } from './find-refusals.ts'
import { type Membership, membershipSql, parseMembership } from './membership.ts'
import { noRefusals, type Refusals } from './refusals.ts'
import type { Session } from './session.ts'
import { parseTracking, type Tracking, trackingSql, usualTrackingSql } from './tracking.ts'

const generalCapabilities = capabilities.filter(({ kind }) => kind !== 'extension')
const extensionCapabilities = capabilities.filter(({ kind }) => kind === 'extension')

export interface Extension {
  readonly version: Version
  /** The schema as an SQL identifier, quoted by `quote_ident`. */
  readonly schema: string
  /** Whether the role has USAGE on the schema. */
  readonly hasUsage: boolean
  /**
   * The functions (`pg_stat_statements()`) and relations (`pg_stat_statements`) named for the extension that the role may
   * not use, with the missing privilege as in GRANT: `execute on function extensions.pg_stat_statements(boolean)`.
   */
  readonly refused: ReadonlyMap<string, string>
}

/** Properties of a database and of the role of the session. All of them can change, so they are read in every poll cycle. */
export interface Facts {
  /** The name of the role, not quoted. */
  readonly role: string
  /** The identifier of the database, which changes if it is dropped and created again; undefined if it is refused. */
  readonly databaseOid?: string | undefined
  readonly version: Version
  readonly isStandby: boolean
  readonly extensions: ReadonlyMap<string, Extension>
  /** The names of the capabilities that the role has. */
  readonly capabilities: ReadonlySet<string>
  /** The roles whose privileges the role has, among them itself; undefined with pg_read_all_stats. */
  readonly roles?: ReadonlySet<string> | undefined
  readonly membership: Membership
  /** The state of each of `trackingSettings` that exists. */
  readonly tracking: ReadonlyMap<string, Tracking>
}

/** Identifies a running server: a standby shares the system identifier of its primary, and a restart changes the start time. */
export interface Identity {
  readonly systemIdentifier: string
  readonly startTime: string
  /** The time since its start. */
  readonly uptimeSeconds?: number | undefined
}

const factsSql = compactSql(`
select
  current_user::text as rolname,
  pg_catalog.current_setting('server_version'),
  pg_catalog.pg_is_in_recovery(),
  pg_catalog.current_setting('in_hot_standby', true),
  (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()),
  (
    select pg_catalog.json_object_agg(
      e.extname,
      pg_catalog.json_build_array(
        e.extversion, pg_catalog.quote_ident(n.nspname), pg_catalog.has_schema_privilege(n.oid, 'usage')
      )
    )
    from pg_catalog.pg_extension as e
    join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
  ),
  ${usualTrackingSql},
  ${generalCapabilities.map((capability) => capability.sql).join(',\n  ')}`)

/**
 * Details that are read only if the facts require them. In a new session, planning these expressions costs several times as
 * much as reading the facts, and most databases require none of them.
 */
const detailsSql = {
  // Only objects whose names begin with the name of the extension are checked: no others are qualified with its schema.
  refused: `(
    select pg_catalog.json_object_agg(
      e.extname,
      (
        select pg_catalog.json_object_agg(o.name, o.privilege)
        from (
          select p.proname || '()', 'execute on function ' || pg_catalog.min(p.oid::regprocedure::text)
          from pg_catalog.pg_proc as p
          where p.pronamespace = e.extnamespace and p.proname >= e.extname and p.proname < (e.extname::text || '~')::name
          group by p.proname
          having not pg_catalog.bool_or(pg_catalog.has_function_privilege(p.oid, 'execute'))
          union all
          select c.relname, 'select on ' || c.oid::regclass::text
          from pg_catalog.pg_class as c
          where c.relnamespace = e.extnamespace and c.relname >= e.extname and c.relname < (e.extname::text || '~')::name
            and c.relkind in ('r', 'p', 'v', 'm', 'f') and not pg_catalog.has_table_privilege(c.oid, 'select')
        ) as o (name, privilege)
      )
    )
    from pg_catalog.pg_extension as e
  )`,
  roles: `(select pg_catalog.json_agg(r.rolname) from pg_catalog.pg_roles as r where pg_catalog.pg_has_role(r.oid, 'usage'))`,
  membership: membershipSql,
  tracking: trackingSql,
  extensionCapabilities: `pg_catalog.array_to_json(array[${extensionCapabilities.map(({ sql }) => sql).join(', ')}])`
}

type Detail = keyof typeof detailsSql

const identitySql = compactSql(`
select
  system_identifier,
  extract(epoch from pg_catalog.pg_postmaster_start_time())::float8,
  extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_postmaster_start_time())::float8
from pg_catalog.pg_control_system()`)

const options = { timeoutSeconds: 5, maxRows: 1 }

/** The value that was read, and all known refusals of the database. */
export interface Read<Value> {
  readonly value: Value
  readonly refusals: Refusals
}

/** Reads the facts, from catalogs only. */
export async function readFacts(session: Session): Promise<Facts> {
  return (await readSupportedFacts(session, noRefusals, 0)).value
}

/**
 * Reads the facts without refused functions and relations. A capability whose test is refused is missing; if
 * `pg_is_in_recovery()` is refused, the state of recovery is read from a setting.
 */
export async function readSupportedFacts(session: Session, known: Refusals, now: number): Promise<Read<Facts>> {
  try {
    return await readAll(session, known, now)
  } catch (error) {
    // The server did not return the JSON of the statement.
    const isInvalid = error instanceof SyntaxError || error instanceof TypeError
    throw isInvalid ? new ClassedError('network', `the server returned invalid facts: ${error.message}`, { cause: error }) : error
  }
}

async function readAll(session: Session, known: Refusals, now: number): Promise<Read<Facts>> {
  const ran = await runSupported(session, { name: 'facts', sql: factsSql, options }, known, now)
  if (ran.answer === undefined) throw new ClassedError('unsupported', `cannot read the facts of the database: ${ran.message}`)
  const [role, version, isInRecovery, inHotStandby, databaseOid, installed, tracking, ...granted] = ran.answer.rows[0] ?? []
  const extensions: Record<string, [string, string, boolean]> = JSON.parse(installed ?? '{}')
  const general = namesOf(
    generalCapabilities,
    granted.map((text) => text === 't')
  )
  const { value: details, refusals } = await readDetails(
    session,
    {
      // The functions of plpgsql are not called by queries.
      refused: Object.keys(extensions).some((name) => name !== 'plpgsql'),
      roles: !general.includes('pg_read_all_stats'),
      membership: generalCapabilities.some(({ name, kind }) => kind === 'role' && !general.includes(name)),
      tracking: tracking == null,
      extensionCapabilities: extensionCapabilities.some(({ name }) => name in extensions)
    },
    ran.refusals,
    now
  )
  const refused: Record<string, Record<string, string> | null> = JSON.parse(details.refused ?? '{}')
  const own: readonly string[] | null = JSON.parse(details.roles ?? 'null')
  const value = {
    role: role ?? '',
    databaseOid: databaseOid ?? undefined,
    version: parseVersion(version ?? ''),
    // The setting exists since PostgreSQL 14.
    isStandby: isInRecovery === 't' || (isInRecovery === null && inHotStandby === 'on'),
    extensions: new Map(
      Object.entries(extensions).map(([name, [text, schema, hasUsage]]) => [
        name,
        { version: parseVersion(text), schema: String(schema), hasUsage, refused: new Map(Object.entries(refused[name] ?? {})) }
      ])
    ),
    capabilities: new Set([...general, ...namesOf(extensionCapabilities, JSON.parse(details.extensionCapabilities ?? '[]'))]),
    // If the list is refused, the role is certain to have its own privileges only.
    roles: general.includes('pg_read_all_stats') ? undefined : new Set(own ?? [role ?? '']),
    // A role with the privileges of pg_monitor is a member. Whether it inherits is then not relevant.
    membership: parseMembership(details.membership ?? `[${general.includes('pg_monitor')}, null, true]`),
    tracking: parseTracking(tracking ?? details.tracking ?? '{}')
  }
  return { value, refusals }
}

/** Reads the details that are wanted in one round trip; null for the others. */
async function readDetails(
  session: Session,
  wanted: Readonly<Record<Detail, boolean>>,
  known: Refusals,
  now: number
): Promise<Read<Partial<Record<Detail, string | null>>>> {
  const names = (Object.keys(detailsSql) as Detail[]).filter((name) => wanted[name])
  if (names.length === 0) return { value: {}, refusals: known }
  const sql = compactSql(`select ${names.map((name) => `${detailsSql[name]} as "${name}"`).join(', ')}`)
  const { answer, refusals } = await runSupported(session, { name: `facts: ${names.join(', ')}`, sql, options }, known, now)
  return { value: Object.fromEntries(names.map((name, index) => [name, answer?.rows[0]?.[index] ?? null])), refusals }
}

function namesOf(of: readonly Capability[], isGranted: readonly (boolean | null)[]): readonly string[] {
  return of.filter((_, index) => isGranted[index] === true).map(({ name }) => name)
}

/**
 * Reads the identity of the server; undefined if the role lacks the privilege or the start time is refused. If the system
 * identifier is refused, the start time alone, which has microseconds, identifies the server.
 */
export async function readIdentity(session: Session, known: Refusals, now: number): Promise<Read<Identity | undefined>> {
  try {
    const { answer, refusals } = await runSupported(session, { name: 'identity', sql: identitySql, options }, known, now)
    const [systemIdentifier, startTime, uptime] = answer?.rows[0] ?? []
    const uptimeSeconds = uptime ? Number(uptime) : undefined
    return { value: startTime ? { systemIdentifier: systemIdentifier ?? '', startTime, uptimeSeconds } : undefined, refusals }
  } catch (error) {
    if (session.isOpen()) return { value: undefined, refusals: known }
    throw error
  }
}
