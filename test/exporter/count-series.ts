import type { Detail } from '../../src/query/detail.ts'
import { loadQueries } from '../../src/query/load.ts'
import { parsePage } from '../page/parse-page.ts'
import { makeExporter } from './run-exporter.ts'

/** On a busy machine, no query reaches its timeout, and no result expires before the page is read. */
const patient = `{ ${loadQueries()
  .map(({ name }) => name)
  .filter((name, index, names) => names.indexOf(name) === index)
  .map((name) => `${name}: { interval: 1h, timeout: 60s }`)
  .join(', ')} }`

/** The number of series by metric name that an exporter exports at a level of detail after one poll of every query. */
export async function countSeries(environment: NodeJS.ProcessEnv, detail: Detail): Promise<ReadonlyMap<string, number>> {
  const { exporter, page } = makeExporter({ ...environment, PGVITALS_DETAIL: detail, PGVITALS_QUERIES: patient })
  // A cycle that takes long leaves queries with long intervals to the next one.
  for (let cycle = 0; cycle < 10 && !exporter.isReady(); cycle++) await exporter.pollOnce()
  const failed = exporter.snapshots().flatMap(({ query, failure }) => (failure === undefined ? [] : [`${query}: ${failure.message}`]))
  if (!exporter.isReady() || failed.length > 0) throw new Error(`not every query was polled successfully: ${failed.join('; ')}`)
  const samples = parsePage(await page())
  await exporter.stop()
  const counts = new Map<string, number>()
  for (const { name } of samples) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
