import type { Requirement } from './requirement.ts'
import type { Version } from './version.ts'

/** Where a query is run: once for a server, or in each of its databases. */
export type Scope = 'server' | 'database'

/** The Prometheus type that a value column declares. */
export type ValueKind = 'gauge' | 'counter' | 'untyped'

/** A column whose text becomes a label of every sample of its row. */
export interface LabelColumn {
  readonly kind: 'label'
  readonly name: string
}

/** A column whose text completes the metric's name, as in `pg_settings_<name>`. */
export interface SuffixColumn {
  readonly kind: 'suffix'
  readonly name: string
}

/** With a suffix: a column whose text replaces `{}` in the help, such as the unchanged name of a parameter. */
export interface HelpColumn {
  readonly kind: 'help'
  readonly name: string
}

/** A column that tells rows apart between polls where their labels do not; no label of any sample. */
export interface KeyColumn {
  readonly kind: 'key'
  readonly name: string
}

/** A column that says to which database a row belongs, where no label does. */
export interface WithinColumn {
  readonly kind: 'within'
  readonly name: string
}

/** A column that says how many rows the SQL's own `limit` left out; the same in every row. */
export interface CutColumn {
  readonly kind: 'cut'
  readonly name: string
}

/** A column whose number becomes a sample. */
export interface ValueColumn {
  readonly kind: ValueKind
  readonly name: string
  readonly help: string
}

/** A number that is another whenever anything of a row is, and the part of the key by which rows that moved are asked for. */
export interface FingerprintColumn {
  readonly kind: 'fingerprint'
  readonly name: string
  readonly by: string
}

export type Column = LabelColumn | SuffixColumn | HelpColumn | KeyColumn | WithinColumn | CutColumn | FingerprintColumn | ValueColumn

/** How a query with many rows is limited. */
export interface TopRows {
  /** Rows shown for a whole server. */
  readonly limit: number
  /** The value columns that rank the rows, each in its turn. */
  readonly by: readonly string[]
  /** The labels that become `other` for the rows that are not shown; none when the rest is left out. */
  readonly other: readonly string[]
}

/** What the exporter counts of the movements of a limited query's rows, by some of their labels. */
export interface Derived {
  readonly per: readonly string[]
  /** Movements by the mean of one counter per another, such as seconds per call. */
  readonly histogram: { readonly name: string; readonly help: string; readonly sum: string; readonly count: string } | undefined
  /** Rows that were never seen before. */
  readonly arrivals: { readonly name: string; readonly help: string } | undefined
}

/** A query that is asked only for what the page of another shows and is not known yet. */
export interface LookedUp {
  readonly label: string
  /** The name of the other query. */
  readonly of: string
  /** Asked at most so often. */
  readonly everySeconds: number
  /** Code points to which its texts are cut. */
  readonly textLength: number
}

/** One file of `queries/`: the SQL and all that its header says of it. */
export interface Query {
  /** The file's name without its version and `.sql`; the variants of one query share it. */
  readonly name: string
  /** The file's path, for messages. */
  readonly file: string
  /** The version in the file's name, which this variant needs at least. */
  readonly variant: Version | undefined
  /** What every metric name of this query begins with. */
  readonly prefix: string
  readonly about: string
  readonly scope: Scope
  readonly intervalSeconds: number
  /** The server's `statement_timeout` while this query runs. */
  readonly timeoutSeconds: number
  /** Rows beyond this number are cut, and counted. */
  readonly maxRows: number
  readonly top: TopRows | undefined
  readonly derived: Derived | undefined
  readonly lookup: LookedUp | undefined
  readonly requires: readonly Requirement[]
  readonly columns: readonly Column[]
  /** One statement, without the header and the closing semicolon. */
  readonly sql: string
}

/** Tells a column that yields samples from those that name them. */
export function isValueColumn(column: Column): column is ValueColumn {
  return 'help' in column
}

/** The name of the metric family that a value column feeds; a column called `value` is the prefix alone. */
export function metricName(query: Pick<Query, 'prefix'>, column: ValueColumn): string {
  return column.name === 'value' ? query.prefix : `${query.prefix}_${column.name}`
}

/** The labels that a query's samples carry, those which the exporter adds included. */
export function labelNames(query: Pick<Query, 'scope' | 'columns'>): readonly string[] {
  const own = query.columns.filter((column) => column.kind === 'label').map((column) => column.name)
  return query.scope === 'database' ? ['server', 'datname', ...own] : ['server', ...own]
}

/** A metric family that a query yields. */
export interface YieldedFamily {
  readonly name: string
  readonly type: ValueKind | 'histogram'
  readonly help: string
}

/** The families of a query: those of its value columns, and those that the exporter counts itself. */
export function familiesOf(query: Pick<Query, 'prefix' | 'columns' | 'derived'>): readonly YieldedFamily[] {
  const derived = (one: { readonly name: string; readonly help: string } | undefined, type: YieldedFamily['type']) =>
    one === undefined ? [] : [{ name: `${query.prefix}_${one.name}`, type, help: one.help }]
  return [
    ...query.columns.filter(isValueColumn).map((column) => ({ name: metricName(query, column), type: column.kind, help: column.help })),
    ...derived(query.derived?.histogram, 'histogram'),
    ...derived(query.derived?.arrivals, 'counter')
  ]
}
