import { setTimeout as sleep } from 'node:timers/promises'
import type { TestServer } from '../test/servers/start-server.ts'
import { type Memory, readCpuSeconds, readMemory, readServerCpuSeconds } from './process-usage.ts'
import { progress } from './progress.ts'
import { type Encoding, fetchPage, pageSize, quantile, type Scrapes, scrapeFor } from './scrape.ts'
import { countSessions, readStatements, resetStatements, type StatementCost } from './statement-cost.ts'
import { type Running, type Subject, startSubject } from './subject.ts'

/** What an exporter and its polls cost in a minute of being scraped every 15 s. */
export interface Cost {
  readonly cpuSeconds: number
  readonly memory: Memory
  /** Longest stall of the event loop, in seconds; undefined where the exporter does not tell. */
  readonly stallSeconds: number | undefined
  readonly serverCpuSeconds: number
  readonly statements: readonly StatementCost[]
}

/** Scrapes without a pause, and how many sessions the exporter then held. */
export interface Pressure extends Scrapes {
  readonly sessions: number
}

/** Everything that is measured of one exporter. */
export interface Measured {
  readonly name: string
  readonly startSeconds: number
  /** What the server was asked until the first page. */
  readonly firstStatements: readonly StatementCost[]
  readonly samples: number
  readonly bytes: Readonly<Record<Encoding, number>>
  readonly cost: Cost
  readonly one: Pressure
  readonly oneGzip: Pressure
  readonly eight: Pressure
  /** After all of these scrapes. */
  readonly lastMemory: Memory
}

const starts = 3
const scrapeInterval = 15

/** How long the cost is measured: thrice a run of scrapes, in whole rounds of polls. */
export function costSeconds(seconds: number): number {
  return Math.ceil((3 * seconds) / scrapeInterval) * scrapeInterval
}

/** Measures one exporter from its start; `seconds` is the length of each run of scrapes. */
export async function measure(subject: Subject, server: TestServer, seconds: number): Promise<Measured> {
  const startSeconds: number[] = []
  for (let start = 1; start < starts; start++) {
    progress(`${subject.name}: start ${start} of ${starts}`)
    const running = await startSubject(subject)
    startSeconds.push(running.startSeconds)
    await running.stop()
  }
  progress(`${subject.name}: start ${starts} of ${starts}`)
  await resetStatements(server)
  const running = await startSubject(subject)
  try {
    startSeconds.push(running.startSeconds)
    startSeconds.sort((left, right) => left - right)
    const firstStatements = await readStatements(server)
    const cost = await measureCost(subject.name, running, server, costSeconds(seconds))
    const { metricsUrl: url } = running
    const samples = (await fetchPage(url)).split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
    const bytes = { identity: await pageSize(url, 'identity'), gzip: await pageSize(url, 'gzip') }
    const press = async (scrapers: number, encoding: Encoding): Promise<Pressure> => {
      progress(`${subject.name}: ${seconds} s of scrapes by ${scrapers}, ${encoding}`)
      const [scrapes, sessions] = await Promise.all([scrapeFor(url, seconds, scrapers, encoding), mostSessions(server, seconds)])
      return { ...scrapes, sessions }
    }
    const one = await press(1, 'identity')
    const oneGzip = await press(1, 'gzip')
    const eight = await press(8, 'identity')
    const lastMemory = readMemory(running.pid)
    return {
      name: subject.name,
      startSeconds: quantile(startSeconds, 0.5),
      firstStatements,
      samples,
      bytes,
      cost,
      one,
      oneGzip,
      eight,
      lastMemory
    }
  } finally {
    await running.stop()
  }
}

/**
 * The first page was a scrape in the middle of the first visits, so pgvitals visits 5 s later than its start
 * plus 15 s. The window begins 8 s after the start: a minute of it holds four whole rounds, and no scrape is near one.
 */
async function measureCost(name: string, { pid, metricsUrl }: Running, server: TestServer, seconds: number): Promise<Cost> {
  progress(`${name}: ${seconds} s with a scrape every ${scrapeInterval} s`)
  await sleep(8000)
  await resetStatements(server)
  const stalls: number[] = []
  const from = performance.now()
  const before = { own: readCpuSeconds(pid), server: readServerCpuSeconds(server.dataDirectory) }
  for (let second = 4; second < seconds; second += scrapeInterval) {
    await sleep(from + second * 1000 - performance.now())
    stalls.push(...readStall(await fetchPage(metricsUrl)))
  }
  await sleep(from + seconds * 1000 - performance.now())
  const after = { own: readCpuSeconds(pid), server: readServerCpuSeconds(server.dataDirectory) }
  const memory = readMemory(pid)
  const perMinute = 60 / seconds
  return {
    cpuSeconds: (after.own - before.own) * perMinute,
    memory,
    // The first value tells of the time since the page before, the start's.
    stallSeconds: stalls.length > 1 ? Math.max(...stalls.slice(1)) : undefined,
    serverCpuSeconds: (after.server - before.server) * perMinute,
    statements: (await readStatements(server)).map(({ statement, calls, execution, planning }) => ({
      statement,
      calls: calls * perMinute,
      execution: execution * perMinute,
      planning: planning * perMinute
    }))
  }
}

function readStall(page: string): readonly number[] {
  return (/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(page)?.slice(1) ?? []).map(Number)
}

async function mostSessions(server: TestServer, seconds: number): Promise<number> {
  const looks = 5
  let most = 0
  for (let look = 0; look < looks; look++) {
    await sleep((seconds * 1000) / (looks + 1))
    most = Math.max(most, await countSessions(server))
  }
  return most
}
