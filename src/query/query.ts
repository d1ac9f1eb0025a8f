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

/** A column whose number becomes a sample. */
export interface ValueColumn {
  readonly kind: ValueKind
  readonly name: string
  readonly help: string
}

export type Column = LabelColumn | SuffixColumn | ValueColumn

/** How a query with many rows is limited. */
export interface TopRows {
  /** Rows shown for a whole server. */
  readonly limit: number
  /** The value columns that rank the rows, each in its turn. */
  readonly by: readonly string[]
  /** The labels that become `other` for the rows that are not shown; none when the rest is left out. */
  readonly other: readonly string[]
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
  readonly requires: readonly Requirement[]
  readonly columns: readonly Column[]
  /** One statement, without the header and the closing semicolon. */
  readonly sql: string
}

/** Tells a column that yields samples from those that name them. */
export function isValueColumn(column: Column): column is ValueColumn {
  return column.kind !== 'label' && column.kind !== 'suffix'
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
