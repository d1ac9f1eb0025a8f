import type { Family, Sample } from '../metric/sample.ts'
import { isDown } from '../poll/polled-database.ts'
import type { Snapshot } from '../poll/snapshots.ts'
import type { ServerHealth } from './health.ts'

const gauge = (name: string, help: string): Family => ({ name, type: 'gauge', help })

const success = gauge('pg_scrape_collector_success', 'Whether the last poll of the query succeeded in every database where it runs.')
const duration = gauge('pg_scrape_collector_duration_seconds', 'Total duration of the last polls of the query in all databases.')
const lastError = gauge('pg_exporter_last_scrape_error', 'Whether the last poll of any query failed, or a database is down.')
const lastDuration = gauge('pg_exporter_last_scrape_duration_seconds', 'Total duration of the last polls of all queries.')

/** The metric families of this module with their labels, for the documentation. */
export const collectorFamilies: readonly (readonly [Family, string])[] = [
  [success, 'server, collector'],
  [duration, 'server, collector'],
  [lastError, 'server'],
  [lastDuration, 'server']
]

interface Total {
  readonly isSuccess: boolean
  readonly seconds: number
}

/** The collector metrics of postgres_exporter, with queries as collectors. Servers that are down have no query, but an error. */
export function collectorSamples(snapshots: readonly Snapshot[], health: readonly ServerHealth[]): readonly Sample[] {
  const down = new Set(health.flatMap(({ server, states }) => (states.some(isDown) ? [server] : [])))
  const servers = new Map([...down].map((server) => [server, new Map<string, Total>()]))
  for (const { server, query, failure, seconds } of snapshots) {
    const queries = servers.get(server) ?? new Map<string, Total>()
    const total = queries.get(query) ?? { isSuccess: true, seconds: 0 }
    queries.set(query, { isSuccess: total.isSuccess && failure === undefined, seconds: total.seconds + seconds })
    servers.set(server, queries)
  }
  return [...servers].flatMap(([server, queries]) => {
    const totals = [...queries.values()]
    return [
      { family: lastError, labels: { server }, value: !down.has(server) && totals.every(({ isSuccess }) => isSuccess) ? 0 : 1 },
      { family: lastDuration, labels: { server }, value: totals.reduce((sum, { seconds }) => sum + seconds, 0) },
      ...[...queries].flatMap(([collector, { isSuccess, seconds }]) => [
        { family: success, labels: { server, collector }, value: isSuccess ? 1 : 0 },
        { family: duration, labels: { server, collector }, value: seconds }
      ])
    ]
  })
}
