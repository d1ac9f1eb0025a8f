import { isValueColumn, metricName, type Query, type YieldedFamily } from '../query/query.ts'
import { bytesCut, cutText } from './cut-text.ts'

/** A metric family: the name, type and help of its samples. */
export type Family = YieldedFamily

export type Labels = Readonly<Record<string, string>>

/** One sample. The samples of one row share one labels object. */
export interface Sample {
  readonly family: Family
  readonly labels: Labels
  readonly value: number
}

/** The database of a sample, by its labels; `''` for the server. */
export function databaseOf(labels: Labels): string {
  return labels.datname ?? labels.database ?? ''
}

/** The text of each column as PostgreSQL returned it; null for SQL null. */
export type Row = readonly (string | null)[]

/** One parsed row: labels, suffix of the metric name, and the number of each value column in the order of the header. */
export interface Entry {
  readonly labels: Labels
  readonly suffix: string | undefined
  /** The text that replaces `{}` in the help; by default the suffix. */
  readonly help?: string | undefined
  readonly values: readonly (number | undefined)[]
}

/** Parsed rows, and the number of values that were not numbers or had an invalid metric name. */
export interface Read {
  readonly entries: readonly Entry[]
  readonly illegal: number
  /** The bytes that were cut from long labels. */
  readonly textBytesCut: number
  /** The database of an entry, by its labels object. */
  readonly datnameOf: DatnameOf
  readonly knownLabels: KnownLabels
}

/** The labels objects of the rows of one result, by their label values. */
export type KnownLabels = ReadonlyMap<string, Labels>

/** Returns the database of an entry with these labels; `''` for the server. */
export type DatnameOf = (labels: Labels) => string

/** Describes missing and surplus columns of a result; undefined if its columns match the header. */
export function columnsMismatch(query: Query, columns: readonly string[]): string | undefined {
  const declared = query.columns.map((column) => column.name)
  const missing = declared.filter((name) => !columns.includes(name))
  const surplus = columns.filter((name, index) => !declared.includes(name) || columns.indexOf(name) !== index)
  if (missing.length + surplus.length === 0) return undefined
  const parts = [missing.length > 0 && `missing: ${missing.join(', ')}`, surplus.length > 0 && `surplus: ${surplus.join(', ')}`]
  return `the columns of the result differ from the header of ${query.file} (${parts.filter(Boolean).join('; ')})`
}

/**
 * Parses rows. A null value is undefined, never 0; a null label is empty. Rows with the same label values as a row of the
 * previous result (`known`) get the same labels object, whose text is rendered once.
 */
export function readRows(
  query: Query,
  columns: readonly string[],
  rows: readonly Row[],
  fixedLabels: Labels,
  known: KnownLabels = new Map()
): Read {
  const at = (name: string) => columns.indexOf(name)
  const labelColumns = query.columns.filter((column) => column.kind === 'label').map(({ name }) => ({ name, index: at(name) }))
  const suffixIndex = at(query.columns.find((column) => column.kind === 'suffix')?.name ?? '')
  const helpIndex = at(query.columns.find((column) => column.kind === 'help')?.name ?? '')
  const withinIndex = at(query.columns.find((column) => column.kind === 'within')?.name ?? '')
  const within = new Map<Labels, string>()
  const knownLabels = new Map<string, Labels>()
  const valueIndexes = query.columns.filter(isValueColumn).map(({ name }) => at(name))
  const entries: Entry[] = []
  let [illegal, textBytesCut] = [0, 0]
  for (const row of rows) {
    const suffix = suffixIndex === -1 ? undefined : (row[suffixIndex] ?? '')
    if (suffix !== undefined && !/^[a-zA-Z0-9_]{1,200}$/.test(suffix)) {
      illegal++
      continue
    }
    // No text of PostgreSQL contains a zero byte.
    const datname = withinIndex === -1 ? '' : cutText(row[withinIndex] ?? '')
    let key = withinIndex === -1 ? '' : `${datname}\0`
    for (const { index } of labelColumns) {
      const text = row[index] ?? ''
      const label = cutText(text)
      if (label !== text) textBytesCut += bytesCut(text)
      key += `${label}\0`
    }
    // Two rows of one result never share an object, so that duplicates are found.
    const labels =
      (knownLabels.has(key) ? undefined : known.get(key)) ??
      ({ ...fixedLabels, ...Object.fromEntries(labelColumns.map(({ name, index }) => [name, cutText(row[index] ?? '')])) } as Labels)
    knownLabels.set(key, labels)
    if (withinIndex !== -1) within.set(labels, datname)
    const values: (number | undefined)[] = []
    for (const index of valueIndexes) {
      const text = row[index] ?? null
      const value = text === null ? undefined : toNumber(text)
      if (text !== null && value === undefined) illegal++
      values.push(value)
    }
    const help = row[helpIndex] ?? undefined
    entries.push({ labels, suffix, help: help && cutText(help), values })
  }
  return { entries, illegal, textBytesCut, datnameOf: (labels) => within.get(labels) ?? databaseOf(labels), knownLabels }
}

/** The number of rows that the `limit` of the SQL left out, from the `cut` column; 0 without one. */
export function rowsLeftOut(query: Query, columns: readonly string[], rows: readonly Row[]): number {
  const index = columns.indexOf(query.columns.find((column) => column.kind === 'cut')?.name ?? '')
  return index === -1 ? 0 : Number(rows[0]?.[index] ?? 0)
}

/** Converts entries to samples, one for each number. */
export function toSamples(query: Query, entries: readonly Entry[]): readonly Sample[] {
  const families = query.columns
    .filter(isValueColumn)
    .map((column) => ({ name: metricName(query, column), type: column.kind, help: column.help }))
  const samples: Sample[] = []
  for (const { labels, suffix, help, values } of entries) {
    for (const [index, family] of families.entries()) {
      const value = values[index]
      if (value !== undefined)
        samples.push({ family: suffix === undefined ? family : withSuffix(family, suffix, help ?? suffix), labels, value })
    }
  }
  return samples
}

/** Parses PostgreSQL's text of a number or a boolean; undefined for anything else, including `''`. */
export function toNumber(text: string): number | undefined {
  if (text === '0') return 0
  if (text === '') return undefined
  if (text === 't') return 1
  if (text === 'f') return 0
  if (text === 'NaN') return Number.NaN
  const value = Number(text)
  return Number.isNaN(value) || (value === 0 && text.trim() === '') ? undefined : value
}

function withSuffix({ name, type, help }: Family, suffix: string, text: string): Family {
  return { name: `${name}_${suffix}`, type, help: help.replaceAll('{}', () => text) }
}
