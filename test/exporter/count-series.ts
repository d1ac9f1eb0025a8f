import type { Detail } from '../../src/query/detail.ts'
import { parsePage } from '../page/parse-page.ts'
import { makeExporter } from './run-exporter.ts'

/** The number of series by metric name that an exporter exports at a level of detail after one poll of every query. */
export async function countSeries(environment: NodeJS.ProcessEnv, detail: Detail): Promise<ReadonlyMap<string, number>> {
  const { exporter, page } = makeExporter({ ...environment, PGVITALS_DETAIL: detail })
  await exporter.pollOnce()
  const samples = parsePage(await page())
  await exporter.stop()
  const counts = new Map<string, number>()
  for (const { name } of samples) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
