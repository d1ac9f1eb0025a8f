import { isMergedByUser, isValueColumn, type Query, userLabel } from '../query/query.ts'
import type { Facts } from '../server/facts.ts'
import type { Access } from '../server/server.ts'

/**
 * The final SQL of a query for one database: `public.` before extension objects is replaced with the schema of the
 * extension, `current_setting('pgvitals.access', true)` with the declared access, and the wanted queryids of statement
 * texts, or the oids of the wanted parts, with the bind parameter `$1`. Rows of `statements: counts` are packed.
 */
export function finalSql(query: Query, facts: Facts, access: ReadonlyMap<string, Access>): string {
  const declared = withSetting(withSchemas(query, facts), 'pgvitals.access', literal(JSON.stringify(Object.fromEntries(access))))
  if (query.statements?.kind === 'texts') return withSetting(declared, 'pgvitals.wanted', '$1::text')
  if (query.parts !== undefined) return withSetting(declared, 'pgvitals.parts', '$1::text')
  return query.statements?.kind === 'counts' ? packed(query, declared) : declared
}

/**
 * Limits the final SQL of a query to the rows of the database in which it runs and, if it has the label `usename`, to the
 * rows of users that the role sees in other databases.
 */
export function ownRowsSql(query: Query, sql: string): string {
  const isOwn = `where t."${query.merge}" = pg_catalog.current_database()`
  if (query.statements?.kind === 'counts') return `${sql} ${isOwn}`
  const users = "select r.rolname from pg_catalog.pg_roles as r where pg_catalog.pg_has_role(r.oid, 'usage')"
  return `select t.* from (\n${sql}\n) as t ${isOwn}${isMergedByUser(query) ? ` or t."${userLabel}" in (${users})` : ''}`
}

/**
 * Replaces the schema instead of adding it to the search path: an operator created there would run with the privileges
 * of our role.
 */
function withSchemas(query: Query, facts: Facts): string {
  let { sql } = query
  for (const requirement of query.requires) {
    const schema = requirement.kind === 'extension' ? facts.extensions.get(requirement.name)?.schema : undefined
    if (requirement.kind !== 'extension' || schema === undefined) continue
    sql = sql.replaceAll(objectPattern(requirement.name), (_, object: string) => `${schema}.${object}`)
  }
  return sql
}

/**
 * The objects of an extension that a query uses: those written with the schema `public` and named for the extension.
 * The name of a function ends with `()`.
 */
export function extensionObjects({ sql }: Query, extension: string): ReadonlySet<string> {
  return new Set([...sql.matchAll(objectPattern(extension))].map(([, name = '', parenthesis]) => (parenthesis ? `${name}()` : name)))
}

function objectPattern(extension: string): RegExp {
  return new RegExp(`\\bpublic\\.(${extension}\\w*)(?=\\s*(\\()?)`, 'g')
}

/** Replaces a `current_setting` call, which lets psql run the file unchanged. */
function withSetting(sql: string, name: string, value: string): string {
  return sql.replaceAll(`pg_catalog.current_setting('${name}', true)`, () => value)
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/**
 * Packs each row into three texts: labels, key and values. A row that has not changed since the last poll is recognized
 * by comparing one string. Its fields are not parsed; parsing is most of the cost of thousands of rows. The columns are
 * named, so that a missing column fails the query.
 */
function packed(query: Query, sql: string): string {
  const record = (names: readonly string[]) => `row(${names.map((name) => `t."${name}"`).join(', ')})::text`
  const namesOf = (kind: 'label' | 'key') => query.columns.filter((column) => column.kind === kind).map(({ name }) => name)
  const values = query.columns.filter(isValueColumn).map(({ name }) => name)
  return `select ${record(namesOf('label'))} as labels, ${record(namesOf('key'))} as key, ${record(values)} as numbers from (\n${sql}\n) as t`
}
