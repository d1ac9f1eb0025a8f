import { type Detail, includesDetail } from './detail.ts'
import type { Requirement } from './requirement.ts'
import type { Version } from './version.ts'

/** Where a query runs: once per server, or in each of its databases. */
export type Scope = 'server' | 'database'

/** The Prometheus type of a value column. */
export type ValueKind = 'gauge' | 'counter' | 'untyped'

/** A column whose values are not samples. queries/README.md, "The header", describes each kind. */
export interface PlainColumn {
  readonly kind: 'label' | 'suffix' | 'help' | 'key' | 'within' | 'cut'
  readonly name: string
}

/** A column whose values are samples. */
export interface ValueColumn {
  readonly kind: ValueKind
  readonly name: string
  readonly help: string
  /** The lowest level of detail that exports it. */
  readonly detail: Detail
}

export type Column = PlainColumn | ValueColumn

/** Activities in a database on which a query can depend: commands that report progress, and running autovacuum workers. */
export const activities = ['analyze', 'autovacuum', 'cluster', 'copy', 'create index', 'vacuum'] as const

export type Activity = (typeof activities)[number]

/** The limit of a query with many rows. */
export interface Top {
  /** Rows shown for a whole server. */
  readonly limit: number
  /** The limits of levels of detail that differ from `limit`. */
  readonly limits: Readonly<Partial<Record<Detail, number>>>
  /** The value columns by which rows are ranked. The columns alternate in choosing rows. */
  readonly by: readonly string[]
}

/** Formats the limit of a query as in a header. */
export function formatTop({ limit, limits, by }: Top): string {
  const lower = Object.entries(limits).map(([detail, count]) => `${detail} ${count}`)
  return `${limit}${lower.length === 0 ? '' : ` (${lower.join(', ')})`} by ${by.join(', ')}`
}

/** How the rows of pg_stat_statements are used: counted between polls, or read as the texts of the statements shown. */
export type Statements =
  | { readonly kind: 'counts' }
  | {
      readonly kind: 'texts'
      /** Shortest time between two executions. */
      readonly everySeconds: number
      /** Texts are cut to this number of code points. */
      readonly textLength: number
    }

/** One file of `queries/`: the SQL and the settings and columns of its header. */
export interface Query {
  /** The file's name without its version and `.sql`; the variants of one query share it. */
  readonly name: string
  /** The file's path, for messages. */
  readonly file: string
  /** The version in the file's name, the minimum that this variant requires. */
  readonly variant: Version | undefined
  /** The beginning of every metric name of this query. */
  readonly prefix: string
  readonly about: string
  readonly scope: Scope
  /** The level of detail to which the columns, rows and SQL are reduced; at `full`, they are as declared in the file. */
  readonly detail: Detail
  /**
   * The column that names the database of a row, if the visible rows depend on the role. Without pg_read_all_stats, each
   * database contributes its own rows.
   */
  readonly merge: string | undefined
  readonly intervalSeconds: number
  /** The server's `statement_timeout` while this query runs. */
  readonly timeoutSeconds: number
  /** Rows beyond this number are cut, and counted. */
  readonly maxRows: number
  readonly top: Top | undefined
  readonly statements: Statements | undefined
  /**
   * SQL that returns the oids of the parts of the query, which run separately if the whole query fails; undefined without
   * parts.
   */
  readonly parts: string | undefined
  /** The query runs only while one of these activities is in progress in the database; otherwise its result is empty. Undefined: it always runs. */
  readonly during: readonly Activity[] | undefined
  readonly requires: readonly Requirement[]
  readonly columns: readonly Column[]
  /** One SQL statement, without the header and the closing semicolon. */
  readonly sql: string
}

/** Whether a column yields samples. */
export function isValueColumn(column: Column): column is ValueColumn {
  return 'help' in column
}

/** The label that names the user of a session. */
export const userLabel = 'usename'

/** Whether a role sees the rows of a query by user: those of its users in all databases, and no others. */
export function isMergedByUser({ merge, columns }: Pick<Query, 'merge' | 'columns'>): boolean {
  return merge !== undefined && columnNames({ columns }, 'label').includes(userLabel)
}

/** The names of the columns of one kind, in the header's order. */
export function columnNames({ columns }: Pick<Query, 'columns'>, kind: Column['kind']): readonly string[] {
  return columns.filter((column) => column.kind === kind).map((column) => column.name)
}

/** The name of the metric family of a value column; a column called `value` is named by the prefix alone. */
export function metricName(query: Pick<Query, 'prefix'>, column: ValueColumn): string {
  return column.name === 'value' ? query.prefix : `${query.prefix}_${column.name}`
}

/** The labels of a query's samples, including those added by the exporter. */
export function labelNames(query: Pick<Query, 'scope' | 'columns'>): readonly string[] {
  const own = columnNames(query, 'label')
  return query.scope === 'database' ? ['server', 'datname', ...own] : ['server', ...own]
}

/** A metric family that a query yields. */
export interface YieldedFamily {
  readonly name: string
  readonly type: ValueKind | 'histogram'
  readonly help: string
}

/** The families of a query: those of its value columns and, with `statements: counts`, the two that the exporter counts. */
export function familiesOf(query: Pick<Query, 'prefix' | 'columns' | 'statements' | 'detail'>): readonly YieldedFamily[] {
  const families = query.columns
    .filter(isValueColumn)
    .map((column) => ({ name: metricName(query, column), type: column.kind, help: column.help }))
  return hasStatementFamilies(query) ? [...families, ...Object.values(statementFamilies(query))] : families
}

/** The lowest level of detail that exports the families of `statementFamilies`. */
export const statementFamiliesDetail: Detail = 'standard'

/** Whether a query exports the families of `statementFamilies`. */
export function hasStatementFamilies({ statements, detail }: Pick<Query, 'statements' | 'detail'>): boolean {
  return statements?.kind === 'counts' && includesDetail(detail, statementFamiliesDetail)
}

/** The families that `statements: counts` adds, with the labels `statementFamilyLabels`. */
export function statementFamilies({ prefix }: Pick<Query, 'prefix'>): Readonly<Record<'intervalMean' | 'newStatements', YieldedFamily>> {
  return {
    intervalMean: {
      name: `${prefix}_interval_mean_seconds`,
      type: 'histogram',
      help: 'Executions by the mean execution time of their statement between two polls, in seconds. Sum and count are exact for all statements whose queryid the role may read.'
    },
    newStatements: {
      name: `${prefix}_new_total`,
      type: 'counter',
      help: 'Statements that appeared for the first time since pgvitals started, except those of its first poll.'
    }
  }
}

const statementFamilyLabels: readonly string[] = ['server', 'datname']

/** The labels of one of the families of `familiesOf`. */
export function labelNamesOf(query: Pick<Query, 'prefix' | 'scope' | 'columns' | 'statements'>, family: string): readonly string[] {
  const isCounted = query.statements?.kind === 'counts' && Object.values(statementFamilies(query)).some(({ name }) => name === family)
  return isCounted ? statementFamilyLabels : labelNames(query)
}
