import { readConfig, readEnvironment, readQueries } from '../config/config.ts'
import { createExporter } from '../exporter.ts'
import { seriesTable } from '../page/series-table.ts'
import { describeQueries } from '../query/describe.ts'
import { createLog } from './create-log.ts'

/** Checks the query files and lists them; with `isPolled`, polls everything once and prints the number of series of each query. */
export async function queries(version: string, isPolled: boolean): Promise<void> {
  if (!isPolled) {
    process.stdout.write(describeQueries(await readQueries(await readEnvironment())))
    return
  }
  const config = await readConfig(await readEnvironment())
  const exporter = createExporter({ version, servers: config.servers, queries: config.queries, log: createLog(config, 2) })
  await exporter.pollOnce()
  process.stdout.write(seriesTable(exporter.status().servers))
  await exporter.stop()
}
