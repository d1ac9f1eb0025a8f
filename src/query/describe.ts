import { familiesOf, labelNames, type Query } from './query.ts'
import { formatRequirement } from './requirement.ts'

/** The query files as text for people: what each asks, when it runs, what it yields. */
export function describeQueries(queries: readonly Query[]): string {
  return queries.map(describeQuery).join('\n')
}

function describeQuery(query: Query): string {
  const requires = query.requires.map(formatRequirement)
  const place = query.scope === 'server' ? 'once per server' : 'in every database'
  const names = familiesOf(query).map(({ name, type }) => `  ${name}${isSuffixed(query) ? '_*' : ''} (${type})`)
  return [
    `${query.file}`,
    `  ${query.about}`,
    `  ${place}, every ${query.intervalSeconds} s${requires.length > 0 ? `, requires ${requires.join(', ')}` : ''}`,
    `  labels: ${labelNames(query).join(', ')}`,
    ...names,
    ''
  ].join('\n')
}

function isSuffixed(query: Query): boolean {
  return query.columns.some((column) => column.kind === 'suffix')
}
