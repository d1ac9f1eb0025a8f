import { type Logger, pino } from 'pino'
import { createExporter, type Exporter, type ExporterOptions } from '../../src/exporter.ts'
import { loadQueries } from '../../src/query/load.ts'
import { familiesOf, type Query } from '../../src/query/query.ts'
import type { Server } from '../../src/server/server.ts'
import { readConfig } from '../config/read-config.ts'
import { markOmitted, type Omitted, type PageSample, parsePage } from '../page/parse-page.ts'

/** An exporter in this process, its log and its page. */
export interface TestExporter {
  readonly exporter: Exporter
  readonly logged: readonly Record<string, unknown>[]
  readonly page: () => Promise<string>
  readonly samples: () => Promise<readonly PageSample[]>
}

/** What a test changes in an exporter. */
export interface Differences extends Pick<ExporterOptions, 'clock' | 'sessionMaxAgeSeconds' | 'discoverySeconds' | 'pollCostShare'> {
  readonly servers?: (configured: readonly Server[]) => readonly Server[]
  /** The names of the only queries to run; all by default. Looking for a metric of another query in `samples()` throws. */
  readonly queries?: readonly string[]
}

/** Creates an exporter with the configuration that `pgvitals` reads from this environment, by default with all details. It runs nothing yet. */
export function makeExporter(
  environment: NodeJS.ProcessEnv,
  { servers = (all) => all, queries: names, ...options }: Differences = {}
): TestExporter {
  const config = readConfig({ PGVITALS_DETAIL: 'full', ...environment })
  const logged: Record<string, unknown>[] = []
  const log: Logger = pino({ base: null }, { write: (line) => void logged.push(JSON.parse(line)) })
  const queries = names === undefined ? config.queries : only(names, config.queries)
  const exporter = createExporter({ version: '0.0.0', servers: servers(config.servers), queries, log, ...options })
  const page = async () => String((await exporter.metrics())?.text ?? '')
  const omitted = omittedFrom(config.queries, queries)
  return { exporter, logged, page, samples: async () => markOmitted(parsePage(await page()), omitted) }
}

/** The queries with these names, in all their variants. Throws at an unknown name. */
function only(names: readonly string[], queries: readonly Query[]): readonly Query[] {
  const unknown = names.filter((name) => !queries.some((query) => query.name === name))
  if (unknown.length > 0) throw new Error(`unknown queries: ${unknown.join(', ')}`)
  return queries.filter((query) => names.includes(query.name))
}

function omittedFrom(all: readonly Query[], kept: readonly Query[]): Omitted {
  const metricsOf = (queries: readonly Query[]) => queries.flatMap((query) => familiesOf(query).map(({ name }) => name))
  const [metrics, names] = [new Set(metricsOf(kept)), new Set(kept.map((query) => query.name))]
  return {
    metrics: new Set(metricsOf(all).filter((name) => !metrics.has(name))),
    queries: new Set(all.map((query) => query.name).filter((name) => !names.has(name)))
  }
}

const names = [...new Set(loadQueries().map((query) => query.name))]

/** `PGVITALS_QUERIES` with an interval of one second for every query, so that a test need not wait for the real intervals. */
export const everySecond = `{ ${names.map((name) => `${name}: { interval: 1s }`).join(', ')} }`

/** `PGVITALS_QUERIES` with an interval of one second for these queries and all others switched off, for a `pgvitals` process. */
export function onlyEverySecond(...queries: readonly string[]): string {
  return `{ ${names.map((name) => `${name}: ${queries.includes(name) ? '{ interval: 1s }' : 'off'}`).join(', ')} }`
}

/** Checks the condition ten times a second until it holds. Throws after this many seconds, naming `what` was awaited. */
export async function until(what: string, seconds: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const start = performance.now(); performance.now() - start < seconds * 1000; ) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`not within ${seconds} s: ${what}`)
}
