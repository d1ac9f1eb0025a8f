import type { Detail } from '../../src/query/detail.ts'
import { parsePage } from '../page/parse-page.ts'
import { everySecond, makeExporter } from './run-exporter.ts'

/** The number of series by metric name that an exporter exports at a level of detail after a poll of every query. Throws if a query still fails after five cycles. */
export async function countSeries(environment: NodeJS.ProcessEnv, detail: Detail): Promise<ReadonlyMap<string, number>> {
  const { exporter, page } = makeExporter({ ...environment, PGVITALS_DETAIL: detail, PGVITALS_QUERIES: everySecond })
  const isComplete = () => exporter.isReady() && exporter.snapshots().every(({ failure }) => failure === undefined)
  // On a busy machine, a query can reach its timeout.
  for (let cycle = 0; cycle < 5 && !isComplete(); cycle++) await exporter.pollOnce()
  if (!isComplete()) throw new Error('not every query has succeeded')
  const samples = parsePage(await page())
  await exporter.stop()
  const counts = new Map<string, number>()
  for (const { name } of samples) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
