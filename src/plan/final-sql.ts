import { isValueColumn, type Query } from '../query/query.ts'
import type { Facts } from '../server/facts.ts'
import type { Access } from '../server/server.ts'

/**
 * The SQL of a query as one database runs it: extension objects carry the extension's real schema, declared access
 * replaces `current_setting('pgvitals.access', true)`, the wanted identifiers of statement texts become the bind
 * parameter `$1`, and rows that are counted are packed.
 */
export function finalSql(query: Query, facts: Facts, access: ReadonlyMap<string, Access>): string {
  const declared = withSetting(withSchemas(query, facts), 'pgvitals.access', literal(JSON.stringify(Object.fromEntries(access))))
  if (query.statements?.kind === 'texts') return withSetting(declared, 'pgvitals.wanted', '$1::text')
  return query.statements?.kind === 'counts' ? packed(query, declared) : declared
}

/** The schema never enters the search path: an operator planted there would run with the privileges of our role. */
function withSchemas(query: Query, facts: Facts): string {
  let { sql } = query
  for (const requirement of query.requires) {
    const schema = requirement.kind === 'extension' ? facts.extensions.get(requirement.name)?.schema : undefined
    if (requirement.kind !== 'extension' || schema === undefined) continue
    sql = sql.replaceAll(new RegExp(`\\bpublic\\.(?=${requirement.name})`, 'g'), () => `${schema}.`)
  }
  return sql
}

/** psql runs the file unchanged and reads the setting, which nobody has set. */
function withSetting(sql: string, name: string, value: string): string {
  return sql.replaceAll(`pg_catalog.current_setting('${name}', true)`, () => value)
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/**
 * Returns each row as three texts: its labels, its key, its values. A row that did not change since the last poll is
 * then recognized by comparing one string, and none of its fields is parsed, which is most of the cost of thousands
 * of rows. The columns are named, so that a missing one fails the query.
 */
function packed(query: Query, sql: string): string {
  const record = (names: readonly string[]) => `row(${names.map((name) => `t."${name}"`).join(', ')})::text`
  const namesOf = (kind: 'label' | 'key') => query.columns.filter((column) => column.kind === kind).map(({ name }) => name)
  const values = query.columns.filter(isValueColumn).map(({ name }) => name)
  return `select ${record(namesOf('label'))}, ${record(namesOf('key'))}, ${record(values)} from (\n${sql}\n) as t`
}
