import { familiesOf, isValueColumn, labelNames, type Query } from './query.ts'
import { formatVersion } from './version.ts'

/**
 * What is wrong with query files taken together: a metric with two owners, a user's file under a built-in
 * name, variants of one query that do not agree on what they share.
 */
export function checkTogether(builtIn: readonly Query[], user: readonly Query[]): readonly Error[] {
  const builtInNames = new Set(builtIn.map((query) => query.name))
  const all = [...builtIn, ...user]
  return [
    ...user
      .filter((query) => builtInNames.has(query.name))
      .map((query) => new Error(`${query.file}:1: the name ${query.name} is that of a built-in query; choose another file name`)),
    ...all.flatMap(reserved),
    ...twins(all),
    ...metricsWithTwoOwners(all),
    ...variantsThatDisagree(all)
  ]
}

/** What the exporter itself yields. */
const ownMetrics =
  /^(pg_up|pg_database_up|pg_database_info|pg_database_quota_bytes|pg_disk_(total|free)_bytes|pg_scrape_collector_.*|pg_exporter_.*|(pgvitals|process|nodejs)_.*)$/

function reserved(query: Query): readonly Error[] {
  const metrics = familiesOf(query).map(({ name }) => name)
  return metrics
    .filter((metric) => ownMetrics.test(metric))
    .map((metric) => new Error(`${query.file}:1: the metric ${metric} is the exporter's own; give this file another "name:"`))
}

function twins(queries: readonly Query[]): readonly Error[] {
  const key = (query: Query) => `${query.name}.${formatVersion(query.variant ?? [])}`
  return queries.flatMap((query) => {
    const first = queries.find((other) => key(other) === key(query)) ?? query
    return first === query ? [] : [new Error(`${query.file}:1: the same query and version as ${first.file}`)]
  })
}

function metricsWithTwoOwners(queries: readonly Query[]): readonly Error[] {
  const owners = new Map<string, Query>()
  const mistakes: Error[] = []
  for (const query of queries) {
    for (const { name: metric } of familiesOf(query)) {
      const owner = owners.get(metric) ?? ownerByPrefix(queries, query, metric) ?? query
      owners.set(metric, owner)
      if (owner.name !== query.name)
        mistakes.push(
          new Error(`${query.file}:1: the metric ${metric} is already yielded by ${owner.file}; give this file another "name:"`)
        )
    }
  }
  return mistakes
}

/** A file whose names come from its rows owns every name that begins with its prefix. */
function ownerByPrefix(queries: readonly Query[], query: Query, metric: string): Query | undefined {
  return queries.find(
    (other) =>
      other.name !== query.name && other.columns.some((column) => column.kind === 'suffix') && metric.startsWith(`${other.prefix}_`)
  )
}

function variantsThatDisagree(queries: readonly Query[]): readonly Error[] {
  return queries.flatMap((query) => {
    const first = queries.find((other) => other.name === query.name) ?? query
    return differences(first, query).map(
      ([what, left, right]) =>
        new Error(`${query.file}:1: ${what} is ${right} here and ${left} in ${first.file}; the variants of a query must agree`)
    )
  })
}

function differences(first: Query, other: Query): readonly (readonly [string, string, string])[] {
  const whole = [
    ['scope', first.scope, other.scope],
    ['name', first.prefix, other.prefix],
    ['labels', labelNames(first).join(', '), labelNames(other).join(', ')]
  ] as const
  const shared = other.columns.filter(isValueColumn).flatMap((column) => {
    const same = first.columns.filter(isValueColumn).find((candidate) => candidate.name === column.name)
    if (same === undefined) return []
    return [
      [`the type of ${column.name}`, same.kind, column.kind] as const,
      [`the help of ${column.name}`, `"${same.help}"`, `"${column.help}"`] as const
    ]
  })
  return [...whole, ...shared].filter(([, left, right]) => left !== right)
}
