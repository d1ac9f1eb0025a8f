import { type Logger, pino } from 'pino'
import { readConfig } from '../../src/config/config.ts'
import { createExporter, type Exporter, type ExporterOptions } from '../../src/exporter.ts'
import { loadQueries } from '../../src/query/load.ts'
import type { Server } from '../../src/server/server.ts'
import { type PageSample, parsePage } from '../page/parse-page.ts'

/** An exporter in this process, what it logged, and its page. */
export interface TestExporter {
  readonly exporter: Exporter
  readonly logged: readonly Record<string, unknown>[]
  readonly page: () => Promise<string>
  readonly samples: () => Promise<readonly PageSample[]>
}

/** What a test wants to be other than it is. */
export interface Differences
  extends Pick<ExporterOptions, 'sessionMaxAgeSeconds' | 'discoverySeconds' | 'pollCostShare'> {
  readonly servers?: (configured: readonly Server[]) => readonly Server[]
}

/** Makes an exporter as `pgvitals` does from this environment; nothing runs yet. */
export function makeExporter(environment: NodeJS.ProcessEnv, { servers = (all) => all, ...options }: Differences = {}): TestExporter {
  const config = readConfig(environment)
  const logged: Record<string, unknown>[] = []
  const log: Logger = pino({ base: null }, { write: (line) => void logged.push(JSON.parse(line)) })
  const exporter = createExporter({ version: '0.0.0', servers: servers(config.servers), queries: config.queries, log, ...options })
  const page = async () => String((await exporter.metrics()) ?? '')
  return { exporter, logged, page, samples: async () => parsePage(await page()) }
}

/** Every query at once and then every second, so that a test need not wait for the real intervals. */
export const everySecond = `{ ${[...new Set(loadQueries().map((query) => query.name))].map((name) => `${name}: { interval: 1s }`).join(', ')} }`

/** Waits until the answer is true, asking thirty times a second. */
export async function until(what: string, seconds: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const start = performance.now(); performance.now() - start < seconds * 1000; ) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  throw new Error(`not within ${seconds} s: ${what}`)
}
