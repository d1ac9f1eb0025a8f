import { detailOfFamily, lowestDetail } from './at-detail.ts'
import { columnNames, familiesOf, labelNames, type Query } from './query.ts'
import { formatRequirement } from './requirement.ts'

/** Formats the queries as text: description, scope, interval, detail, requirements, labels and metrics. */
export function describeQueries(queries: readonly Query[]): string {
  return queries.map(describeQuery).join('\n')
}

function describeQuery(query: Query): string {
  const requires = query.requires.map(formatRequirement)
  const place = query.scope === 'database' ? 'in every database' : 'once per server'
  const merged = query.merge === undefined ? '' : ', without capability pg_read_all_stats merged with the rows of other databases'
  const suffix = columnNames(query, 'suffix').length > 0 ? '_*' : ''
  return [
    `${query.file}`,
    `  ${query.about}`,
    `  ${place}, every ${query.intervalSeconds} s, detail: ${lowestDetail(query)}${requires.length > 0 ? `, requires ${requires.join(', ')}` : ''}${merged}`,
    `  labels: ${labelNames(query).join(', ')}`,
    ...familiesOf(query).map(({ name, type }) => `  ${name}${suffix} (${type})${above(query, name)}`),
    ''
  ].join('\n')
}

/** The level of detail of a metric, if it is above that of the query. */
function above(query: Query, name: string): string {
  const detail = detailOfFamily(query, name)
  return detail === lowestDetail(query) ? '' : `, detail: ${detail}`
}
