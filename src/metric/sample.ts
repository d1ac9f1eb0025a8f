import { isValueColumn, metricName, type Query, type ValueKind } from '../query/query.ts'

/** A metric family: what all samples of one name share. */
export interface Family {
  readonly name: string
  readonly type: ValueKind
  readonly help: string
}

export type Labels = Readonly<Record<string, string>>

/** A metric's name and type, its labels, a number. The samples of one row share one labels object. */
export interface Sample {
  readonly family: Family
  readonly labels: Labels
  readonly value: number
}

/** The text that PostgreSQL gave for each column; null for null. */
export type Row = readonly (string | null)[]

/** What became of the rows: samples, and how many values were no number or had no legal name. */
export interface Sampled {
  readonly samples: readonly Sample[]
  readonly illegal: number
}

/** What sets the answer's columns apart from the header's, by name; undefined when they are the same. */
export function columnsMismatch(query: Query, columns: readonly string[]): string | undefined {
  const declared = query.columns.map((column) => column.name)
  const missing = declared.filter((name) => !columns.includes(name))
  const surplus = columns.filter((name, index) => !declared.includes(name) || columns.indexOf(name) !== index)
  if (missing.length + surplus.length === 0) return undefined
  const parts = [missing.length > 0 && `missing: ${missing.join(', ')}`, surplus.length > 0 && `surplus: ${surplus.join(', ')}`]
  return `the answer's columns are not those of the header of ${query.file} (${parts.filter(Boolean).join('; ')})`
}

/** Turns rows into samples: label columns name them, each value column yields one unless it is null. */
export function toSamples(query: Query, columns: readonly string[], rows: readonly Row[], fixedLabels: Labels): Sampled {
  const at = (name: string) => columns.indexOf(name)
  const labelColumns = query.columns.filter((column) => column.kind === 'label').map(({ name }) => ({ name, index: at(name) }))
  const suffixIndex = at(query.columns.find((column) => column.kind === 'suffix')?.name ?? '')
  const valueColumns = query.columns.filter(isValueColumn).map((column) => ({
    family: { name: metricName(query, column), type: column.kind, help: column.help },
    index: at(column.name)
  }))
  const samples: Sample[] = []
  let illegal = 0
  for (const row of rows) {
    const labels: Record<string, string> = { ...fixedLabels }
    for (const { name, index } of labelColumns) labels[name] = row[index] ?? ''
    for (const { family, index } of valueColumns) {
      const text = row[index]
      if (text === null || text === undefined) continue
      const value = toNumber(text)
      const named = suffixIndex === -1 ? family : withSuffix(family, row[suffixIndex] ?? '')
      if (value === undefined || named === undefined) illegal++
      else samples.push({ family: named, labels, value })
    }
  }
  return { samples, illegal }
}

/** PostgreSQL's text of a number or a boolean; undefined for anything else, so that '' is not 0. */
function toNumber(text: string): number | undefined {
  if (text === 't') return 1
  if (text === 'f') return 0
  if (text === 'NaN') return Number.NaN
  const value = Number(text)
  return text.trim() === '' || Number.isNaN(value) ? undefined : value
}

function withSuffix(family: Family, suffix: string): Family | undefined {
  if (!/^[a-zA-Z0-9_]+$/.test(suffix)) return undefined
  return { ...family, name: `${family.name}_${suffix}`, help: family.help.replaceAll('{}', suffix) }
}
