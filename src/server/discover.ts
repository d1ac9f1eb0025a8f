import { compactSql } from '../query/compact-sql.ts'
import { isUndecodable } from './decode-text.ts'
import type { Read } from './facts.ts'
import { runSupported } from './find-refusals.ts'
import { noRefusals, type Refusals } from './refusals.ts'
import type { Database, Discovery, Server } from './server.ts'
import type { Session } from './session.ts'

/** One database in the catalog of the server. */
export interface Listed {
  readonly name: string
  /**
   * Whether the role can connect: connections are allowed, the role has CONNECT, the database is neither a template nor
   * invalid, and its name is valid UTF-8.
   */
  readonly isOpen: boolean
  /** Whether it would be polled if the role could connect: not a template, not invalid. */
  readonly isRegular?: boolean
  /** Whether its connection limit is reached. */
  readonly isFull?: boolean
  /** A value that changes with its privileges and its connection limit. */
  readonly access?: string
}

/** The databases of hosting providers, which accept only roles of the provider. They are never discovered. */
const ofProviders = new Set(['rdsadmin', 'cloudsqladmin', 'alloydbadmin', 'alloydbmetadata', 'azure_maintenance', 'azure_sys'])

/**
 * Lists all databases of the server, without refused functions and relations. `isOpen` applies to the role of the discovery, not to the
 * role of the session. Throws if the databases cannot be listed.
 */
export async function listDatabases(
  session: Session,
  { connection }: Discovery,
  known: Refusals = noRefusals,
  now = 0
): Promise<Read<readonly Listed[] | { readonly message: string }>> {
  const options = { timeoutSeconds: 5, maxRows: 100_000 }
  const { answer, refusals, message } = await runSupported(
    session,
    { name: 'discovery', sql: listSql(connection.user), options },
    known,
    now
  )
  if (answer === undefined) return { value: { message }, refusals }
  // If the privilege check is refused, a connection to each database is attempted.
  const value = answer.rows.map(([name, isOpen, isRegular, isFull, access]) => ({
    name: name ?? '',
    isOpen: isOpen !== 'f' && !isUndecodable(name ?? ''),
    isRegular: isRegular === 't',
    isFull: isFull === 't',
    access: access ?? ''
  }))
  return { value, refusals }
}

/** Whether the patterns include a database. A pattern without anchors matches anywhere in the name. */
export function isIncluded({ include, exclude }: Discovery, name: string): boolean {
  const matches = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(name))
  return (include.length === 0 || matches(include)) && !matches(exclude)
}

/** The configuration of a discovered database. */
function discoveredDatabase({ connection }: Discovery, name: string): Database {
  return { name, connection: { ...connection, database: name }, team: '', access: new Map(), quotaBytes: undefined }
}

/** The declared databases in their order, followed by the discovered ones. */
export function withFound({ databases, discovery }: Server, listed: readonly Listed[]): readonly Database[] {
  if (discovery === undefined) return databases
  const found = undeclared({ databases, discovery }, listed).filter(({ isOpen }) => isOpen)
  return [...databases, ...found.map(({ name }) => discoveredDatabase(discovery, name))]
}

/** The names of the databases that would be discovered if the role could connect. */
export function closedDatabases(server: Server, listed: readonly Listed[]): readonly string[] {
  return undeclared(server, listed).flatMap(({ name, isOpen, isRegular }) => (!isOpen && isRegular === true ? [name] : []))
}

function undeclared({ databases, discovery }: Pick<Server, 'databases' | 'discovery'>, listed: readonly Listed[]): readonly Listed[] {
  if (discovery === undefined) return []
  const declared = new Set(databases.map(({ name }) => name))
  return listed.filter(({ name }) => !declared.has(name) && !ofProviders.has(name) && isIncluded(discovery, name))
}

/**
 * If the user of a pooler is not a role of the server, the privileges of the session's role apply. Names are compared as
 * bytes, because a string constant would have to be valid in the encoding of the database.
 */
function listSql(user: string): string {
  const userBytes = `'\\x${Buffer.from(user).toString('hex')}'::bytea`
  return compactSql(`
select
  d.datname,
  d.datallowconn
    and not d.datistemplate
    -- An interrupted DROP DATABASE leaves a database that can only be dropped.
    and d.datconnlimit <> -2
    and coalesce(pg_catalog.has_database_privilege(r.oid, d.oid, 'connect'), false),
  not d.datistemplate and d.datconnlimit <> -2,
  d.datconnlimit >= 0 and not r.rolsuper and pg_catalog.pg_stat_get_db_numbackends(d.oid) >= d.datconnlimit,
  pg_catalog.concat_ws(
    ' ',
    d.datallowconn,
    d.datconnlimit,
    d.datconnlimit >= 0 and pg_catalog.pg_stat_get_db_numbackends(d.oid) >= d.datconnlimit,
    d.datacl
  )
from pg_catalog.pg_database as d
cross join lateral (
  select a.oid, a.rolsuper from pg_catalog.pg_roles as a
  where pg_catalog.namesend(a.rolname) = ${userBytes} or a.rolname = session_user
  order by a.rolname = session_user
  limit 1
) as r
order by d.datname`)
}
