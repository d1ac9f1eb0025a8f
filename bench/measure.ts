import { setTimeout as sleep } from 'node:timers/promises'
import type { TestServer } from '../test/servers/start-server.ts'
import { type Memory, readCpuSeconds, readMemory, readServerCpuSeconds } from './process-usage.ts'
import { progress } from './progress.ts'
import { type Encoding, fetchPage, pageSize, quantile, type Scrapes, scrapeFor } from './scrape.ts'
import { countSessions, readStatements, resetStatements, type StatementCost } from './statement-cost.ts'
import { type Running, type Subject, startSubject } from './subject.ts'

/** Cost of an exporter and its polls per minute, with a scrape every 15 s. */
export interface Cost {
  readonly cpuSeconds: number
  readonly memory: Memory
  /** Longest stall of the event loop, in seconds; undefined if the exporter does not export it. */
  readonly stallSeconds: number | undefined
  readonly serverCpuSeconds: number
  readonly statements: readonly StatementCost[]
}

/** Continuous scrapes, and the maximum number of sessions of the exporter meanwhile. */
export interface Pressure extends Scrapes {
  readonly sessions: number
}

/** All measurements of one exporter. */
export interface Measured {
  readonly name: string
  readonly startSeconds: number
  /** Statements on the server until the first page. */
  readonly firstStatements: readonly StatementCost[]
  readonly samples: number
  readonly bytes: Readonly<Record<Encoding, number>>
  readonly cost: Cost
  readonly one: Pressure
  readonly oneGzip: Pressure
  readonly eight: Pressure
  /** After all scrapes. */
  readonly lastMemory: Memory
}

const starts = 3
const scrapeInterval = 15

/** Duration of the cost measurement: three times a run of scrapes, rounded up to whole poll intervals. */
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
 * The first page was scraped during the first poll cycles, so pgvitals shifts its grid by 5 s. The window begins 8 s
 * after the start: one minute contains four complete poll cycles, and no scrape is close to one.
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
    // The first value covers the time since the previous page, including the start.
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
  const checks = 5
  let most = 0
  for (let check = 0; check < checks; check++) {
    await sleep((seconds * 1000) / (checks + 1))
    most = Math.max(most, await countSessions(server))
  }
  return most
}
