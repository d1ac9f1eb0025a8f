import type { QueryStatus, ServerStatus } from './status.ts'

/** Formats the number of series of each query as text, in descending order; 0 with the reason if the query ran nowhere. */
export function seriesTable(servers: readonly ServerStatus[]): string {
  return servers.map(serverTable).join('\n')
}

function serverTable({ name, detail, queries }: ServerStatus): string {
  const byName = new Map<string, readonly QueryStatus[]>()
  for (const query of queries) byName.set(query.name, [...(byName.get(query.name) ?? []), query])
  const rows = [...byName].map(([query, places]) => ({ query, series: seriesOf(places), about: aboutOf(places) }))
  const sorted = rows.toSorted((left, right) => right.series - left.series || (left.query < right.query ? -1 : 1))
  return [
    `Server ${name}, detail: ${detail}: ${seriesOf(queries)} series of queries`,
    '',
    ...sorted.map(({ query, series, about }) => `${String(series).padStart(8)}  ${query}${about === '' ? '' : ` (${about})`}`),
    ''
  ].join('\n')
}

function seriesOf(queries: readonly QueryStatus[]): number {
  return queries.reduce((sum, { samples }) => sum + samples, 0)
}

/** The reasons why a query failed or is skipped; empty if it ran anywhere. */
function aboutOf(places: readonly QueryStatus[]): string {
  if (places.some(({ state }) => state === 'ok')) return ''
  return [...new Set(places.map(({ state, about }) => `${state}: ${about}`))].join('; ')
}
