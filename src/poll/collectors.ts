import type { Family, Sample } from '../metric/sample.ts'
import type { Snapshot } from './snapshots.ts'

const gauge = (name: string, help: string): Family => ({ name, type: 'gauge', help })

const success = gauge('pg_scrape_collector_success', 'Whether the last poll of the query succeeded in every database where it runs.')
const duration = gauge('pg_scrape_collector_duration_seconds', 'Duration of the last polls of the query, of all databases together.')
const lastError = gauge('pg_exporter_last_scrape_error', 'Whether the last poll of any query failed.')
const lastDuration = gauge('pg_exporter_last_scrape_duration_seconds', 'Duration of the last polls of all queries together.')

/** The families that are made here, for the page of all metrics. */
export const collectorFamilies: readonly (readonly [Family, string])[] = [
  [success, 'server, collector'],
  [duration, 'server, collector'],
  [lastError, 'server'],
  [lastDuration, 'server']
]

interface Outcome {
  isSuccess: boolean
  seconds: number
}

/** What postgres_exporter tells of its collectors, told of our queries under its names. */
export function collectorSamples(snapshots: readonly Snapshot[]): readonly Sample[] {
  const servers = new Map<string, Map<string, Outcome>>()
  for (const { server, query, failure, seconds } of snapshots) {
    const queries = servers.get(server) ?? new Map<string, Outcome>()
    const outcome = queries.get(query) ?? { isSuccess: true, seconds: 0 }
    queries.set(query, { isSuccess: outcome.isSuccess && failure === undefined, seconds: outcome.seconds + seconds })
    servers.set(server, queries)
  }
  return [...servers].flatMap(([server, queries]) => {
    const outcomes = [...queries.values()]
    return [
      { family: lastError, labels: { server }, value: outcomes.every(({ isSuccess }) => isSuccess) ? 0 : 1 },
      { family: lastDuration, labels: { server }, value: outcomes.reduce((sum, { seconds }) => sum + seconds, 0) },
      ...[...queries].flatMap(([collector, { isSuccess, seconds }]) => [
        { family: success, labels: { server, collector }, value: isSuccess ? 1 : 0 },
        { family: duration, labels: { server, collector }, value: seconds }
      ])
    ]
  })
}
