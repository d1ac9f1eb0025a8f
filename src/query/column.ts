import { type Column, isValueColumn, type Scope, type ValueKind } from './query.ts'

const pattern = /^(?<kind>label|suffix|help|key|within|cut|gauge|counter|untyped)\s+(?<name>[^\s:]+)\s*(?::\s*(?<help>.*))?$/

/** Reads `label datname`, `fingerprint state by entry` or `counter calls_total: Help.`; undefined when the line declares no column. */
export function parseColumn(text: string): Column | undefined {
  const [, fingerprint, by] = /^fingerprint\s+(\S+)\s+by\s+(\S+)$/.exec(text) ?? []
  if (fingerprint !== undefined && by !== undefined) return { kind: 'fingerprint', name: fingerprint, by }
  const { kind, name, help } = pattern.exec(text)?.groups ?? {}
  if (kind === undefined || name === undefined) return undefined
  if (kind === 'label' || kind === 'suffix' || kind === 'help' || kind === 'key' || kind === 'within' || kind === 'cut')
    return { kind, name }
  return { kind: kind as ValueKind, name, help: help ?? '' }
}

/** A family that the exporter counts itself, as `histogram interval_mean_seconds: Help.` */
export interface DerivedColumn {
  readonly kind: 'histogram' | 'arrivals'
  readonly name: string
  readonly help: string
}

/** Reads a family that is no column of the answer; undefined when the line declares none. */
export function parseDerivedColumn(text: string): DerivedColumn | undefined {
  const [, kind, name = '', help = ''] = /^(histogram|arrivals)\s+([a-z][a-z0-9_]*)\s*:\s*(.+)$/.exec(text) ?? []
  return kind === undefined ? undefined : { kind: kind as DerivedColumn['kind'], name, help }
}

/** What is wrong with a column by itself, if anything. */
export function mistakeInColumn(column: Column, scope: Scope): string | undefined {
  if (!/^[a-z][a-z0-9_]*$/.test(column.name)) {
    return `"${column.name}" is no column name; expected lower-case letters, digits and _`
  }
  if (isValueColumn(column)) {
    return column.help === ''
      ? `${column.kind} ${column.name} has no help; expected "${column.kind} ${column.name}: what it counts."`
      : undefined
  }
  if (column.kind !== 'label') return undefined
  if (column.name === 'server') return "the label server is the exporter's own; call the column otherwise"
  if (column.name === 'datname' && scope === 'database') {
    return 'with "scope: database" the exporter adds the label datname; take the column away'
  }
  return undefined
}

/** What is wrong with the columns of one file taken together. */
export function mistakesInColumns(columns: readonly Column[]): readonly string[] {
  const names = columns.map((column) => column.name)
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  const suffixes = columns.filter((column) => column.kind === 'suffix')
  const values = columns.filter(isValueColumn)
  return [
    ...[...twice].map((name) => `the column ${name} is declared twice`),
    ...(values.length === 0 ? ['no gauge, counter or untyped column is declared, so the file yields nothing'] : []),
    ...(suffixes.length > 1 ? ['there is more than one suffix'] : []),
    ...(['help', 'cut', 'within', 'fingerprint'] as const).flatMap((kind) =>
      columns.filter((column) => column.kind === kind).length > 1 ? [`there is more than one ${kind}`] : []
    ),
    ...(suffixes.length === 0 && columns.some((column) => column.kind === 'help') ? ['a help column requires a suffix column'] : []),
    ...(suffixes.length === 1 && values.some((column) => column.name !== 'value')
      ? ['beside a suffix the only value column is called "value", since the names come from the rows']
      : [])
  ]
}

/** What is wrong with `top` and `other`, which name columns. */
export function mistakesInTop(
  by: readonly string[] | undefined,
  other: readonly string[] | undefined,
  columns: readonly Column[]
): readonly string[] {
  const isLabel = (name: string) => columns.some((column) => column.kind === 'label' && column.name === name)
  const isValue = (name: string) => columns.some((column) => isValueColumn(column) && column.name === name)
  const keys = columns.filter((column) => column.kind === 'key')
  return [
    ...(by ?? [])
      .filter((name) => !isValue(name))
      .map((name) => `top ranks by ${name}, which is no gauge, counter or untyped column of this file`),
    ...(other ?? []).filter((name) => !isLabel(name)).map((name) => `other names ${name}, which is no label of this file`),
    ...(other !== undefined && by === undefined ? ['other is set without top'] : []),
    ...(keys.length > 0 && by === undefined ? ['a key is declared without top, which alone compares rows between polls'] : []),
    ...columns.flatMap((column) =>
      column.kind === 'fingerprint' && !keys.some(({ name }) => name === column.by)
        ? [`rows are asked for by ${column.by}, which is no key of this file`]
        : []
    ),
    ...(by !== undefined && columns.some((column) => column.kind === 'suffix') ? ['top and suffix do not go together'] : []),
    ...(by !== undefined && columns.some((column) => column.kind === 'within') ? ['top and within do not go together'] : [])
  ]
}
