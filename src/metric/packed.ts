import { type FingerprintColumn, isValueColumn, type Query } from '../query/query.ts'

/**
 * Asks the same with each row packed into texts: its labels, its key where the query has one, its fingerprint, its
 * values. A row that did not move since the last poll is then known by comparing one string, and no field of it is
 * read: with thousands of rows that is most of the cost. The header's columns are named, so that a missing one
 * fails. With `moved`, only rows with these numbers in the part of the key that the fingerprint names, or without one.
 */
export function packedSql(query: Query, sql: string, moved?: readonly string[]): string {
  const keys = namesOf(query, 'key')
  const fingerprint = fingerprintOf(query)
  const parts = [
    record(namesOf(query, 'label')),
    ...(keys.length === 0 ? [] : [record(keys)]),
    ...namesOf(query, 'cut').map((name) => `t."${name}"`),
    ...(fingerprint === undefined ? [] : [`t."${fingerprint.name}"::text`]),
    record(query.columns.filter(isValueColumn).map((column) => column.name))
  ]
  const whole = `select ${parts.join(', ')} from (\n${sql}\n) as t`
  if (fingerprint === undefined || moved === undefined) return whole
  const { name, by } = fingerprint
  return `${whole} where t."${by}" = any('{${moved.join(',')}}') or t."${by}" is null or t."${name}" is null`
}

/** One text with a line for each row that has a fingerprint: that, and the part of its key by which it is asked for. */
export function fingerprintsSql({ name, by }: FingerprintColumn, sql: string): string {
  return `select pg_catalog.string_agg(t."${name}" || ' ' || t."${by}" || e'\\n', '') from (\n${sql}\n) as t`
}

export function fingerprintOf({ columns }: Pick<Query, 'columns'>): FingerprintColumn | undefined {
  return columns.find((column) => column.kind === 'fingerprint')
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
 * The fields of a row's text; `''` for null too.
 * Source: PostgreSQL's documentation, "Composite Type Input and Output Syntax".
 */
export function unpack(record: string): string[] {
  const inner = record.slice(1, -1)
  if (!inner.includes('"')) return inner.split(',')
  const fields: string[] = []
  const pattern = /(?:"((?:[^"\\]|""|\\.)*)"|([^,"]*))(?:,|$)/gsy
  while (pattern.lastIndex <= inner.length) {
    const [whole = '', quoted, plain = ''] = pattern.exec(inner) ?? []
    fields.push(quoted === undefined ? plain : quoted.replace(/""|\\(.)/gs, (pair, escaped) => escaped ?? pair[0]))
    if (!whole.endsWith(',') || pattern.lastIndex === 0) break
  }
  return fields
}
