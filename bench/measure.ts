import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { loadQueries } from '../src/query/load.ts'
import type { TestServer } from '../test/servers/start-server.ts'
import { readCpuSeconds, readMemory, readRoleCpuSeconds } from './process-usage.ts'
import { progress } from './progress.ts'
import { databasesOf, type Scenario } from './scenario.ts'
import { agesOf, countSamples, scrapeUntil } from './scrape.ts'
import { type Running, type Subject, startSubject } from './subject.ts'

/** The queries that run once per server every 15 s. */
const fresh: ReadonlySet<string> = new Set(
  loadQueries()
    .filter(({ scope, intervalSeconds }) => scope === 'server' && intervalSeconds === 15)
    .map(({ name }) => name)
)

/** One measurement of an exporter. Costs are per minute. */
export interface Measured {
  readonly startSeconds: number
  readonly samples: number
  readonly pageBytes: number
  readonly gzipBytes: number
  /** Sorted, in milliseconds. */
  readonly scrapes: readonly number[]
  /** Ages of server-wide snapshots at the scrape, sorted, in seconds; empty if the exporter does not export them. */
  readonly ages: readonly number[]
  /** Longest stall of the event loop, in milliseconds. */
  readonly stall: number | undefined
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly peakBytes: number
  /** CPU of the server's processes for the exporter's sessions. */
  readonly serverCpuSeconds: number
  /** Execution and planning time of the exporter's statements, in milliseconds. */
  readonly statementTime: number
  readonly statementCalls: number
}

export interface Window {
  readonly scrapers: number
  readonly everySeconds: number
  /** Time with scrapes before the measurement, in which pgvitals detects the period of the scrapers. */
  readonly settleSeconds: number
  readonly seconds: number
}

/** Starts an exporter, scrapes it, measures it for the length of the window, and stops it. */
export async function measure(subject: Subject, scenario: Scenario, servers: readonly TestServer[], window: Window): Promise<Measured> {
  progress(`${scenario.name}: starting ${subject.name}`)
  const running = await startSubject(subject)
  const { startSeconds } = running
  progress(
    `${scenario.name}: ${subject.name} started in ${startSeconds.toFixed(2)} s; ${window.settleSeconds} + ${window.seconds} s follow`
  )
  const end = new AbortController()
  let isMeasuring = false
  const scrapes: number[] = []
  const ages: number[] = []
  const pages = new Map<string, Buffer>()
  const scraping = scrapeUntil(subject.urls, { ...window, signal: end.signal }, ({ url, at, milliseconds, body }) => {
    if (!isMeasuring) return
    pages.set(url, body)
    scrapes.push(milliseconds)
    ages.push(...agesOf(gunzipSync(body).toString(), at, fresh))
  })
  const measuring = sleep(window.settleSeconds * 1000).then(async () => {
    isMeasuring = true
    return await measureCosts(subject, running, scenario, servers, window.seconds)
  })
  try {
    // Scrapes end early only with an error.
    const costs = await Promise.race([measuring, scraping.then(() => measuring)])
    end.abort()
    await scraping
    const texts = [...pages.values()].map((body) => gunzipSync(body).toString())
    return {
      startSeconds,
      ...costs,
      samples: sum(texts.map(countSamples)),
      pageBytes: sum(texts.map(({ length }) => length)),
      gzipBytes: sum([...pages.values()].map(({ length }) => length)),
      scrapes: sort(scrapes),
      ages: sort(ages)
    }
  } finally {
    end.abort()
    await running.stop()
  }
}

/** Combines the measurements of one exporter: means of the costs, maxima of the values with a limit. */
export function combine(parts: readonly Measured[]): Measured {
  const [first] = parts
  if (first === undefined) throw new Error('nothing was measured')
  const worst = (of: (part: Measured) => number) => Math.max(...parts.map(of))
  const mean = (of: (part: Measured) => number) => sum(parts.map(of)) / parts.length
  return {
    startSeconds: worst((part) => part.startSeconds),
    samples: worst((part) => part.samples),
    pageBytes: worst((part) => part.pageBytes),
    gzipBytes: worst((part) => part.gzipBytes),
    scrapes: sort(parts.flatMap((part) => part.scrapes)),
    ages: sort(parts.flatMap((part) => part.ages)),
    stall: first.stall === undefined ? undefined : worst((part) => part.stall ?? 0),
    cpuSeconds: mean((part) => part.cpuSeconds),
    residentBytes: worst((part) => part.residentBytes),
    peakBytes: worst((part) => part.peakBytes),
    serverCpuSeconds: mean((part) => part.serverCpuSeconds),
    statementTime: mean((part) => part.statementTime),
    statementCalls: mean((part) => part.statementCalls)
  }
}

type Costs = Omit<Measured, 'startSeconds' | 'samples' | 'pageBytes' | 'gzipBytes' | 'scrapes' | 'ages'>

async function measureCosts(
  { role }: Subject,
  { pid, readStall }: Running,
  scenario: Scenario,
  servers: readonly TestServer[],
  seconds: number
): Promise<Costs> {
  const readCpu = () => ({
    server: sum(servers.map(({ dataDirectory }) => readRoleCpuSeconds(dataDirectory, role))),
    own: readCpuSeconds(pid),
    at: performance.now()
  })
  // The sessions that read the statements end outside the time in which the CPU is measured.
  const statementsBefore = await readStatements(role, scenario, servers)
  await sleep(500)
  await readStall()
  const before = readCpu()
  await sleep(seconds * 1000)
  const stall = await readStall()
  const after = readCpu()
  const { resident: residentBytes, peak: peakBytes } = readMemory(pid)
  const statementsAfter = await readStatements(role, scenario, servers)
  const perMinute = 60_000 / (after.at - before.at)
  const statementsPerMinute = 60_000 / (statementsAfter.at - statementsBefore.at)
  return {
    stall,
    residentBytes,
    peakBytes,
    cpuSeconds: (after.own - before.own) * perMinute,
    serverCpuSeconds: (after.server - before.server) * perMinute,
    statementTime: (statementsAfter.time - statementsBefore.time) * statementsPerMinute,
    statementCalls: (statementsAfter.calls - statementsBefore.calls) * statementsPerMinute
  }
}

/** What pg_stat_statements has counted for a role on all servers, times in milliseconds. */
async function readStatements(role: string, scenario: Scenario, servers: readonly TestServer[]) {
  const [database = ''] = databasesOf(scenario)
  const rows = await Promise.all(
    servers.map(async ({ sql }) => {
      const [row] = await sql(
        database,
        `select coalesce(sum(total_exec_time + total_plan_time), 0) as time, coalesce(sum(calls), 0)::float8 as calls
        from pg_stat_statements(false) where userid = '${role}'::regrole`
      )
      return { time: Number(row?.time), calls: Number(row?.calls) }
    })
  )
  return { at: performance.now(), time: sum(rows.map(({ time }) => time)), calls: sum(rows.map(({ calls }) => calls)) }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function sort(values: readonly number[]): readonly number[] {
  return [...values].sort((left, right) => left - right)
}
