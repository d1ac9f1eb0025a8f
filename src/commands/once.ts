import { readConfig, readEnvironment } from '../config/config.ts'
import { createExporter } from '../exporter.ts'
import { createLog } from './create-log.ts'

/** Polls everything once and prints the page. The exit code is 1 if a database or a query failed. */
export async function once(version: string): Promise<void> {
  const config = await readConfig(await readEnvironment())
  const exporter = createExporter({ version, servers: config.servers, queries: config.queries, log: createLog(config, 2) })
  exporter.sharded(config.shard)
  await exporter.pollOnce()
  process.stdout.write((await exporter.metrics())?.text ?? '')
  await exporter.stop()
  const isComplete =
    exporter.servers().every(({ states }) => states.every(({ isUp, isNotPermitted }) => isUp || isNotPermitted)) &&
    exporter.snapshots().every(({ failure }) => failure === undefined)
  process.exitCode = isComplete ? 0 : 1
}
