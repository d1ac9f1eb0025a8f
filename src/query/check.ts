import { type Detail, details, includesDetail } from './detail.ts'
import { type Column, columnNames, familiesOf, isValueColumn, labelNames, type Query, type Scope } from './query.ts'
import { formatVersion } from './version.ts'

/** Checks one column; returns the error message, if any. */
export function checkColumn(column: Column, scope: Scope): string | undefined {
  if (!/^[a-z][a-z0-9_]*$/.test(column.name)) {
    return `invalid column name "${column.name}"; expected lower-case letters, digits and _`
  }
  if (isValueColumn(column)) {
    return column.help === ''
      ? `${column.kind} ${column.name} has no help; expected "${column.kind} ${column.name}: Help text."`
      : undefined
  }
  if (column.kind !== 'label') return undefined
  if (column.name === 'server') return 'the label server is reserved for the exporter; rename the column'
  if (column.name === 'datname' && scope === 'database') {
    return 'with "scope: database" the exporter adds the label datname; remove the column'
  }
  return undefined
}

/** Checks the columns of one file together; returns error messages. */
export function checkColumns(columns: readonly Column[]): readonly string[] {
  const names = columns.map((column) => column.name)
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  const values = columns.filter(isValueColumn)
  const hasSuffix = columnNames({ columns }, 'suffix').length > 0
  return [
    ...[...twice].map((name) => `the column ${name} is declared twice`),
    ...(values.length === 0 ? ['the header declares no gauge, counter or untyped column'] : []),
    ...(['suffix', 'help', 'cut', 'within'] as const)
      .filter((kind) => columnNames({ columns }, kind).length > 1)
      .map((kind) => `the header declares more than one ${kind} column`),
    ...(!hasSuffix && columnNames({ columns }, 'help').length > 0 ? ['a help column requires a suffix column'] : []),
    ...(hasSuffix && values.some((column) => column.name !== 'value')
      ? ['with a suffix column the only value column is called "value", because the rows name the metrics']
      : [])
  ]
}

/** Checks the columns that name the database of a row, and `merge`; returns error messages. */
export function checkMerge({
  scope,
  merge,
  top,
  statements,
  columns
}: Pick<Query, 'scope' | 'merge' | 'top' | 'statements' | 'columns'>): readonly string[] {
  const within = columnNames({ columns }, 'within')
  const isRedundant = scope === 'database' && statements === undefined && within.length > 0
  if (merge === undefined) return isRedundant ? ['within needs "scope: server"'] : []
  const places = [...columnNames({ columns }, 'label'), ...within]
  return [
    ...(scope === 'server' ? [] : ['"merge" needs "scope: server"']),
    ...(places.includes(merge) ? [] : [`merge names ${merge}, which is not a label or within column of this file`]),
    ...(top !== undefined && statements === undefined ? ['merge cannot be combined with top'] : [])
  ]
}

/** Checks `parts`; returns error messages. */
export function checkParts({ parts, statements, sql }: Pick<Query, 'parts' | 'statements' | 'sql'>): readonly string[] {
  if (parts === undefined) return []
  return [
    ...(sql.includes("pg_catalog.current_setting('pgvitals.parts', true)")
      ? []
      : ['"parts" needs pg_catalog.current_setting(\'pgvitals.parts\', true) in the SQL']),
    ...(statements === undefined ? [] : ['"parts" cannot be combined with "statements"'])
  ]
}

/** Checks `during`; returns error messages. */
export function checkDuring({ scope, during }: Pick<Query, 'scope' | 'during'>): readonly string[] {
  return during === undefined || scope === 'database' ? [] : ['"during" needs "scope: database"']
}

/** Checks `top` and the columns that it affects; returns error messages. */
export function checkTop({ top, statements, columns }: Pick<Query, 'top' | 'statements' | 'columns'>): readonly string[] {
  const has = (kind: Column['kind']) => columnNames({ columns }, kind).length > 0
  const values = columns.filter(isValueColumn).map(({ name }) => name)
  return [
    ...(top?.by ?? [])
      .filter((name) => !values.includes(name))
      .map((name) => `top ranks by ${name}, which is not a gauge, counter or untyped column of this file`),
    ...(top !== undefined && has('suffix') ? ['top cannot be combined with a suffix column'] : []),
    ...(top !== undefined && has('within') ? ['top cannot be combined with a within column'] : []),
    ...(statements?.kind !== 'counts' && has('key') ? ['a key column needs "statements: counts"'] : [])
  ]
}

/** Labels and counters that `statements: counts` reads. */
const countedLabels = ['user', 'datname', 'queryid']
const countedColumns = ['calls_total', 'seconds_total']

/** Checks the setting `statements`; returns error messages. */
export function checkStatements({
  scope,
  top,
  statements,
  columns,
  textLength
}: Pick<Query, 'scope' | 'top' | 'statements' | 'columns'> & { readonly textLength: number | undefined }): readonly string[] {
  const names = (kind: Column['kind']) => columnNames({ columns }, kind)
  const needs = (isMet: boolean, what: string) => (isMet ? [] : [`"statements: ${statements?.kind}" needs ${what}`])
  const isTexts = statements?.kind === 'texts'
  return [
    ...(textLength === undefined || isTexts ? [] : ['text needs "statements: texts every …"']),
    ...(statements === undefined ? [] : needs(scope === 'server', '"scope: server"')),
    ...(statements?.kind === 'counts'
      ? [
          ...needs(top?.by.every((name) => names('counter').includes(name)) === true, 'top by counters'),
          ...needs(names('key').length > 0, 'a key column'),
          ...needs(names('label').toSorted().join() === countedLabels.toSorted().join(), `the labels ${countedLabels.join(', ')}`),
          ...needs(
            countedColumns.every((name) => names('counter').includes(name)),
            `the counters ${countedColumns.join(', ')}`
          ),
          ...needs(names('cut').length === 0, 'all rows; remove the cut column')
        ]
      : []),
    ...(isTexts
      ? [
          ...needs(names('label').length === 2 && names('label').includes('queryid'), 'two labels, queryid and the text'),
          ...needs(names('within').length === 1, 'a within column'),
          ...needs(columns.filter(isValueColumn).length === 1, 'exactly one value column')
        ]
      : [])
  ]
}

/** Checks that each level of detail exports the columns that the settings need; returns the error messages of the lowest level with errors. */
export function checkDetail({ top, statements, columns }: Pick<Query, 'top' | 'statements' | 'columns'>): readonly string[] {
  const values = columns.filter(isValueColumn)
  // Columns that do not exist at all are reported by the other checks.
  const isDeclared = (name: string) => values.some((column) => column.name === name)
  const errorsAt = (level: Detail) => {
    const names = values.filter(({ detail }) => includesDetail(level, detail)).map(({ name }) => name)
    if (names.length === 0) return []
    const isRanked = top === undefined || !top.by.every(isDeclared) || top.by.some((name) => names.includes(name))
    const missing = (statements?.kind === 'counts' ? countedColumns : []).filter((name) => isDeclared(name) && !names.includes(name))
    return [
      ...(isRanked ? [] : [`detail ${level} exports no column of top`]),
      ...missing.map((name) => `detail ${level} needs ${name}, because of "statements: counts"`)
    ]
  }
  return details.map(errorsAt).find((errors) => errors.length > 0) ?? []
}

/** Checks all query files together: reserved and duplicate names, metrics of several queries, and variants that disagree. */
export function checkTogether(builtIn: readonly Query[], user: readonly Query[]): readonly Error[] {
  const builtInNames = new Set(builtIn.map((query) => query.name))
  const all = [...builtIn, ...user]
  return [
    ...user
      .filter((query) => builtInNames.has(query.name))
      .map((query) => new Error(`${query.file}:1: the name ${query.name} belongs to a built-in query; rename the file`)),
    ...all.flatMap(reservedMetrics),
    ...duplicates(all),
    ...metricsWithTwoOwners(all),
    ...variantsThatDiffer(all)
  ]
}

/** Metrics of the exporter itself. */
const ownMetrics =
  /^(pg_up|pg_database_up|pg_database_info|pg_database_quota_bytes|pg_disk_(total|free)_bytes|pg_scrape_collector_.*|pg_exporter_.*|(pgvitals|process|nodejs)_.*)$/

function reservedMetrics(query: Query): readonly Error[] {
  const metrics = familiesOf(query).map(({ name }) => name)
  return metrics
    .filter((metric) => ownMetrics.test(metric))
    .map((metric) => new Error(`${query.file}:1: the metric ${metric} is reserved for the exporter; set another "name:"`))
}

function duplicates(queries: readonly Query[]): readonly Error[] {
  const firsts = firstBy(queries, ({ name, variant }) => `${name}.${formatVersion(variant ?? [])}`)
  return queries.flatMap((query) => {
    const first = firsts(query)
    return first === query ? [] : [new Error(`${query.file}:1: same query and version as ${first.file}`)]
  })
}

function metricsWithTwoOwners(queries: readonly Query[]): readonly Error[] {
  const owners = new Map<string, Query>()
  const errors: Error[] = []
  const withSuffix = queries.filter((query) => columnNames(query, 'suffix').length > 0)
  for (const query of queries) {
    for (const { name: metric } of familiesOf(query)) {
      const owner = owners.get(metric) ?? ownerByPrefix(withSuffix, query, metric) ?? query
      owners.set(metric, owner)
      if (owner.name !== query.name)
        errors.push(new Error(`${query.file}:1: the metric ${metric} already belongs to ${owner.file}; set another "name:"`))
    }
  }
  return errors
}

/** A file with a suffix column owns every name that begins with its prefix. */
function ownerByPrefix(withSuffix: readonly Query[], query: Query, metric: string): Query | undefined {
  return withSuffix.find((other) => other.name !== query.name && metric.startsWith(`${other.prefix}_`))
}

/** Returns a function that finds the first query with the same key. */
function firstBy(queries: readonly Query[], keyOf: (query: Query) => string): (query: Query) => Query {
  const firsts = new Map<string, Query>()
  for (const query of queries) if (!firsts.has(keyOf(query))) firsts.set(keyOf(query), query)
  return (query) => firsts.get(keyOf(query)) ?? query
}

function variantsThatDiffer(queries: readonly Query[]): readonly Error[] {
  const firsts = firstBy(queries, ({ name }) => name)
  return queries.flatMap((query) => {
    const first = firsts(query)
    return first === query
      ? []
      : differences(first, query).map(
          ([what, left, right]) =>
            new Error(`${query.file}:1: ${what} is ${right} here and ${left} in ${first.file}; the variants of a query must agree`)
        )
  })
}

function differences(first: Query, other: Query): readonly (readonly [string, string, string])[] {
  const whole = [
    ['scope', first.scope, other.scope],
    ['merge', first.merge ?? 'not set', other.merge ?? 'not set'],
    ['name', first.prefix, other.prefix],
    ['statements', first.statements?.kind ?? 'not set', other.statements?.kind ?? 'not set'],
    ['labels', labelNames(first).join(', '), labelNames(other).join(', ')]
  ] as const
  const shared = other.columns.filter(isValueColumn).flatMap((column) => {
    const same = first.columns.filter(isValueColumn).find((candidate) => candidate.name === column.name)
    if (same === undefined) return []
    return [
      [`the type of ${column.name}`, same.kind, column.kind] as const,
      [`the detail of ${column.name}`, same.detail, column.detail] as const,
      [`the help of ${column.name}`, `"${same.help}"`, `"${column.help}"`] as const
    ]
  })
  return [...whole, ...shared].filter(([, left, right]) => left !== right)
}
