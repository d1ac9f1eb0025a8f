import { isValueColumn, type Query, type Watch } from '../query/query.ts'

/**
 * Asks the same with each row packed into texts: its labels, its key where the query has one, its values. A row
 * that did not move since the last poll is then known by comparing one string, and no field of it is read:
 * with thousands of rows that is most of the cost. The header's columns are named, so that a missing one fails.
 */
export function packedSql(query: Query, sql: string): string {
  const keys = namesOf(query, 'key')
  const parts = [
    record(namesOf(query, 'label')),
    ...(keys.length === 0 ? [] : [record(keys)]),
    ...namesOf(query, 'cut').map((name) => `t."${name}"`),
    record(query.columns.filter(isValueColumn).map((column) => column.name))
  ]
  return `select ${parts.join(', ')} from (\n${sql}\n) as t`
}

/** The key and the watched values of every row as one text: what costs least and still tells which rows have moved. */
export function watchSql(query: Query, { columns }: Watch, sql: string): string {
  return `select ${record([...namesOf(query, 'key'), ...columns])} from (\n${sql}\n) as t`
}

function record(names: readonly string[]): string {
  return `row(${names.map((name) => `t."${name}"`).join(', ')})::text`
}

function namesOf(query: Query, kind: 'label' | 'key' | 'cut'): readonly string[] {
  return query.columns.filter((column) => column.kind === kind).map((column) => column.name)
}

/** Source: PostgreSQL's documentation, "Array Input and Output Syntax". */
export function arrayText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`).join(',')}}`
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
