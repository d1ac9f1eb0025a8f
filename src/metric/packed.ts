import { isValueColumn, type Query } from '../query/query.ts'

/**
 * Asks the same with each row packed into texts: its labels, its key where the query has one, its values. A row
 * that did not move since the last poll is then known by comparing one string, and no field of it is read:
 * with thousands of rows that is most of the cost. The header's columns are named, so that a missing one fails.
 */
export function packedSql(query: Query, sql: string): string {
  const record = (names: readonly string[]) => `row(${names.map((name) => `t."${name}"`).join(', ')})::text`
  const named = (kind: 'label' | 'key' | 'cut') => query.columns.filter((column) => column.kind === kind).map((column) => column.name)
  const parts = [
    record(named('label')),
    ...named('key').map((name) => `t."${name}"::text`),
    ...named('cut').map((name) => `t."${name}"`),
    record(query.columns.filter(isValueColumn).map((column) => column.name))
  ]
  return `select ${parts.join(', ')} from (\n${sql}\n) as t`
}

/** Answers no rows, only the columns of the statement itself. */
export function columnsSql(sql: string): string {
  return `select * from (\n${sql}\n) as t limit 0`
}

/**
 * The fields of a row's text; undefined for null.
 * Source: PostgreSQL's documentation, "Composite Type Input and Output Syntax".
 */
export function unpack(record: string): (string | undefined)[] {
  const inner = record.slice(1, -1)
  if (!inner.includes('"')) {
    const plain: (string | undefined)[] = inner.split(',')
    for (let index = 0; index < plain.length; index++) if (plain[index] === '') plain[index] = undefined
    return plain
  }
  const fields: (string | undefined)[] = []
  const pattern = /(?:"((?:[^"\\]|""|\\.)*)"|([^,"]*))(?:,|$)/gsy
  while (pattern.lastIndex <= inner.length) {
    const [whole = '', quoted, plain] = pattern.exec(inner) ?? []
    fields.push(quoted === undefined ? plain || undefined : quoted.replace(/""|\\(.)/gs, (pair, escaped) => escaped ?? pair[0]))
    if (!whole.endsWith(',') || pattern.lastIndex === 0) break
  }
  return fields
}
