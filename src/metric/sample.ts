import { isValueColumn, metricName, type Query, type YieldedFamily } from '../query/query.ts'

/** A metric family: what all samples of one name share. */
export type Family = YieldedFamily

export type Labels = Readonly<Record<string, string>>

/** A metric's name and type, its labels, a number. The samples of one row share one labels object. */
export interface Sample {
  readonly family: Family
  readonly labels: Labels
  readonly value: number
}

/** The database that a sample is about; `''` when it is the whole server's. */
export function databaseOf(labels: Labels): string {
  return labels.datname ?? labels.database ?? ''
}

/** The text that PostgreSQL gave for each column; null for null. */
export type Row = readonly (string | null)[]

/** One row, read: its labels, its name's suffix, and the number of each value column in the header's order. */
export interface Entry {
  readonly labels: Labels
  readonly suffix: string | undefined
  /** The text that replaces `{}` in the help; without it, the suffix does. */
  readonly help?: string | undefined
  readonly values: readonly (number | undefined)[]
}

/** What became of the rows, and how many values were no number or had no legal name. */
export interface Read {
  readonly entries: readonly Entry[]
  readonly illegal: number
  /** The database that an entry is about, by its labels. */
  readonly datnameOf: DatnameOf
}

/** The database that something with these labels is about; `''` when it is the whole server's. */
export type DatnameOf = (labels: Labels) => string

/** What sets the answer's columns apart from the header's, by name; undefined when they are the same. */
export function columnsMismatch(query: Query, columns: readonly string[]): string | undefined {
  const declared = query.columns.map((column) => column.name)
  const missing = declared.filter((name) => !columns.includes(name))
  const surplus = columns.filter((name, index) => !declared.includes(name) || columns.indexOf(name) !== index)
  if (missing.length + surplus.length === 0) return undefined
  const parts = [missing.length > 0 && `missing: ${missing.join(', ')}`, surplus.length > 0 && `surplus: ${surplus.join(', ')}`]
  return `the answer's columns are not those of the header of ${query.file} (${parts.filter(Boolean).join('; ')})`
}

/** Reads rows: label columns name them, value columns become numbers; null is undefined, never 0. */
export function readRows(query: Query, columns: readonly string[], rows: readonly Row[], fixedLabels: Labels): Read {
  const at = (name: string) => columns.indexOf(name)
  const labelColumns = query.columns.filter((column) => column.kind === 'label').map(({ name }) => ({ name, index: at(name) }))
  const suffixIndex = at(query.columns.find((column) => column.kind === 'suffix')?.name ?? '')
  const helpIndex = at(query.columns.find((column) => column.kind === 'help')?.name ?? '')
  const withinIndex = at(query.columns.find((column) => column.kind === 'within')?.name ?? '')
  const within = new Map<Labels, string>()
  const valueIndexes = query.columns.filter(isValueColumn).map(({ name }) => at(name))
  const entries: Entry[] = []
  let illegal = 0
  for (const row of rows) {
    const suffix = suffixIndex === -1 ? undefined : (row[suffixIndex] ?? '')
    if (suffix !== undefined && !/^[a-zA-Z0-9_]+$/.test(suffix)) {
      illegal++
      continue
    }
    const labels: Record<string, string> = { ...fixedLabels }
    for (const { name, index } of labelColumns) labels[name] = row[index] ?? ''
    if (withinIndex !== -1) within.set(labels, row[withinIndex] ?? '')
    const values = valueIndexes.map((index) => {
      const text = row[index] ?? null
      const value = text === null ? undefined : toNumber(text)
      if (text !== null && value === undefined) illegal++
      return value
    })
    entries.push({ labels, suffix, help: row[helpIndex] ?? undefined, values })
  }
  return { entries, illegal, datnameOf: (labels) => within.get(labels) ?? databaseOf(labels) }
}

/** How many rows the SQL's own `limit` left out, where it has a column that says so. */
export function rowsLeftOut(query: Query, columns: readonly string[], rows: readonly Row[]): number {
  const index = columns.indexOf(query.columns.find((column) => column.kind === 'cut')?.name ?? '')
  return index === -1 ? 0 : Number(rows[0]?.[index] ?? 0)
}

/** Turns entries into samples: each number is one, of the family of its column. */
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

/** PostgreSQL's text of a number or a boolean; undefined for anything else, so that '' is not 0. */
export function toNumber(text: string): number | undefined {
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
