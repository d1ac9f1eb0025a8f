import type { Database, Discovery, Server } from './server.ts'
import type { Session } from './session.ts'

/** One database that the server has. */
export interface Listed {
  readonly name: string
  /** Whether it is one to connect to: connections are allowed, our role's too, and it is neither template nor invalid. */
  readonly isOpen: boolean
}

/** Lists all databases of the server as the role that would visit them may see them, from any session. */
export async function listDatabases(session: Session, { connection }: Discovery): Promise<readonly Listed[]> {
  const { rows } = await session.run(listSql(connection.user), { timeoutSeconds: 5, maxRows: 100_000 })
  return rows.map(([name, isOpen]) => ({ name: name ?? '', isOpen: isOpen === 't' }))
}

/** Whether the patterns, which match anywhere in the name unless they are anchored, ask for a database of this name. */
export function isIncluded({ include, exclude }: Discovery, name: string): boolean {
  const matches = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(name))
  return (include.length === 0 || matches(include)) && !matches(exclude)
}

/** A database that was found, as it would be declared. */
function foundDatabase({ connection }: Discovery, name: string): Database {
  return { name, connection: { ...connection, database: name }, team: '', access: new Map(), quotaBytes: undefined }
}

/** The declared databases in their order, and after them those that were found. */
export function withFound({ databases, discovery }: Server, listed: readonly Listed[]): readonly Database[] {
  if (discovery === undefined) return databases
  const declared = new Set(databases.map(({ name }) => name))
  const found = listed.filter(({ name, isOpen }) => isOpen && !declared.has(name) && isIncluded(discovery, name))
  return [...databases, ...found.map(({ name }) => foundDatabase(discovery, name))]
}

/** The session may be another role's; a name that is no role, as where a pooler knows users of its own, is the session's. */
function listSql(user: string): string {
  return `
select
  d.datname,
  d.datallowconn
    and not d.datistemplate
    -- An interrupted drop leaves a database that can only be dropped.
    and d.datconnlimit <> -2
    and coalesce(pg_catalog.has_database_privilege(r.oid, d.oid, 'connect'), false)
from pg_catalog.pg_database as d
cross join lateral (
  select a.oid from pg_catalog.pg_roles as a
  where a.rolname in ('${user.replaceAll("'", "''")}', session_user)
  order by a.rolname = session_user
  limit 1
) as r
order by d.datname`
}
