import { compactSql } from '../query/compact-sql.ts'
import type { Database, Discovery, Server } from './server.ts'
import type { Session } from './session.ts'

/** One database in the catalog of the server. */
export interface Listed {
  readonly name: string
  /** Whether the role can connect: connections are allowed, the role has CONNECT, and the database is neither a template nor invalid. */
  readonly isOpen: boolean
}

/** Lists all databases of the server. `isOpen` applies to the role of the discovery, not to the role of the session. */
export async function listDatabases(session: Session, { connection }: Discovery): Promise<readonly Listed[]> {
  const { rows } = await session.run(listSql(connection.user), { timeoutSeconds: 5, maxRows: 100_000 })
  return rows.map(([name, isOpen]) => ({ name: name ?? '', isOpen: isOpen === 't' }))
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
  const declared = new Set(databases.map(({ name }) => name))
  const found = listed.filter(({ name, isOpen }) => isOpen && !declared.has(name) && isIncluded(discovery, name))
  return [...databases, ...found.map(({ name }) => discoveredDatabase(discovery, name))]
}

/** If a pooler has users that are not roles of the server, the privileges of the session's role apply. */
function listSql(user: string): string {
  return compactSql(`
select
  d.datname,
  d.datallowconn
    and not d.datistemplate
    -- An interrupted DROP DATABASE leaves a database that can only be dropped.
    and d.datconnlimit <> -2
    and coalesce(pg_catalog.has_database_privilege(r.oid, d.oid, 'connect'), false)
from pg_catalog.pg_database as d
cross join lateral (
  select a.oid from pg_catalog.pg_roles as a
  where a.rolname in ('${user.replaceAll("'", "''")}', session_user)
  order by a.rolname = session_user
  limit 1
) as r
order by d.datname`)
}
