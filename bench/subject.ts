import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadQueries } from '../src/query/load.ts'
import { freePort, type RunningServer } from '../test/servers/start-server.ts'
import { databasesOf, roles, type Scenario } from './scenario.ts'
import { fetchPage } from './scrape.ts'

/** An exporter to be measured. */
export interface Subject {
  readonly name: string
  readonly role: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Returns 200 once the pages are complete. */
  readonly readyUrl: string
  /** The addresses that each scraper requests. */
  readonly urls: readonly string[]
  /** Whether the stall probe is loaded. */
  readonly isProbed: boolean
}

/** A started exporter. */
export interface Running {
  readonly pid: number
  /** Seconds from spawn until all first complete pages were read. */
  readonly startSeconds: number
  /** The longest stall of the event loop since the previous call, in milliseconds; undefined without the stall probe. */
  readonly readStall: () => Promise<number | undefined>
  /** Only with the stall probe. */
  readonly readResources: () => Promise<Resources>
  /** Sends SIGHUP. */
  readonly reload: () => void
  readonly stop: () => Promise<void>
}

/** The values that the stall probe reads in the process. */
export interface Resources {
  /** The longest stall since the previous reading, in milliseconds. */
  readonly stall: number
  /** Without compiled code; after a garbage collection if Node.js runs with --expose-gc. */
  readonly heapBytes: number
  /** The number of active resources by type, such as `Timeout`. */
  readonly resources: Readonly<Record<string, number>>
}

const startDeadline = 300_000
const probe = new URL('stall-probe.mjs', import.meta.url).href

/** pgvitals as installed: the build, without a TypeScript loader. With a path, Node.js writes a CPU profile to it at the end. */
export async function createPgvitals(
  root: string,
  scenario: Scenario,
  servers: readonly RunningServer[],
  folder: string,
  profile?: string
): Promise<Subject> {
  const port = await freePort()
  const databases = Object.fromEntries(databasesOf(scenario).map((name) => [name, {}]))
  const declared = servers.map((server, index) => [
    `server_${index + 1}`,
    { host: '127.0.0.1', port: server.port, user: roles.pgvitals, password: 'secret', databases }
  ])
  const config = join(folder, `${scenario.name}.yaml`)
  writeFileSync(config, JSON.stringify({ servers: Object.fromEntries(declared), queries: showTables(scenario.shownTables) }))
  const url = `http://127.0.0.1:${port}`
  return {
    name: 'pgvitals',
    role: roles.pgvitals,
    command: process.execPath,
    args: [
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${dirname(profile)}`, `--cpu-prof-name=${basename(profile)}`]),
      join(root, 'dist/main.js')
    ],
    env: {
      PGVITALS_CONFIG: config,
      PGVITALS_PORT: String(port),
      PGVITALS_LOG_LEVEL: 'error',
      ...(scenario.detail === undefined ? {} : { PGVITALS_DETAIL: scenario.detail })
    },
    readyUrl: `${url}/readyz`,
    urls: [`${url}/metrics`],
    isProbed: profile === undefined
  }
}

/** The settings that export this number of tables and indexes of a server. */
function showTables(top: number | undefined): Readonly<Record<string, { readonly top: number }>> {
  const names = loadQueries().flatMap((query) => (query.scope === 'database' && (query.top?.limit ?? 0) >= 300 ? [query.name] : []))
  return top === undefined ? {} : Object.fromEntries(names.map((name) => [name, { top }]))
}

/** The collectors of postgres_exporter that are disabled by default and whose families pgvitals exports. */
const collectors = [
  'database_wraparound',
  'long_running_transactions',
  'postmaster',
  'stat_activity_autovacuum',
  'stat_checkpointer',
  'stat_statements',
  'stat_statements.include_query',
  'stat_wal_receiver',
  'statio_user_indexes',
  'xlog_location'
]

/** prometheus-community/postgres_exporter, which queries the database at each scrape. Several servers are separate targets of `/probe`. */
export async function createPeer(
  path: string,
  scenario: Scenario,
  servers: readonly RunningServer[],
  folder: string,
  statementLimit: number
): Promise<Subject> {
  const port = await freePort()
  const [database = ''] = databasesOf(scenario)
  const [server] = servers
  const config = join(folder, 'postgres_exporter.yml')
  const module = { type: 'userpass', userpass: { username: roles.peer, password: 'secret' }, options: { sslmode: 'disable' } }
  writeFileSync(config, JSON.stringify({ auth_modules: { bench: module } }))
  const url = `http://127.0.0.1:${port}`
  const isFleet = servers.length > 1
  return {
    name: 'postgres_exporter',
    role: roles.peer,
    command: path,
    args: [
      ...collectors.map((name) => `--collector.${name}`),
      `--collector.stat_statements.limit=${statementLimit}`,
      `--config.file=${config}`,
      '--log.level=error',
      `--web.listen-address=127.0.0.1:${port}`
    ],
    env: isFleet ? {} : { DATA_SOURCE_NAME: `${server?.url(database, roles.peer)}?sslmode=disable` },
    readyUrl: `${url}/`,
    urls: isFleet
      ? servers.map((one) => `${url}/probe?auth_module=bench&target=${encodeURIComponent(`127.0.0.1:${one.port}/${database}`)}`)
      : [`${url}/metrics`],
    isProbed: false
  }
}

/** Starts an exporter and reads its first complete pages. */
export async function startSubject({ command, args, env, readyUrl, urls, isProbed }: Subject): Promise<Running> {
  const startedAt = performance.now()
  // No inherited variables: a *_DATABASE_URL of the user must not be polled.
  const child = spawn(command, [...args], {
    env: isProbed ? { ...env, NODE_OPTIONS: `--import=${probe}` } : env,
    stdio: isProbed ? ['ignore', 2, 2, 'ipc'] : ['ignore', 2, 2]
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async () => {
    await stopChild(child)
    process.off('exit', kill)
  }
  try {
    await once(child, 'spawn')
    await untilReady(child, readyUrl, startedAt + startDeadline)
    for (const url of urls) await fetchPage(url)
    const startSeconds = (performance.now() - startedAt) / 1000
    return {
      pid: child.pid ?? 0,
      startSeconds,
      readStall: async () => (isProbed ? await askProbe<number>(child, 'stall') : undefined),
      readResources: async () => await askProbe<Resources>(child, 'resources'),
      reload: () => void child.kill('SIGHUP'),
      stop
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function askProbe<Reply>(child: ChildProcess, question: 'stall' | 'resources'): Promise<Reply> {
  const reply = once(child, 'message')
  child.send(question)
  const [message] = await reply
  return message
}

async function untilReady(child: ChildProcess, url: string, deadline: number): Promise<void> {
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} exited with code ${child.exitCode}`)
    try {
      await fetchPage(url)
      return
    } catch {
      await sleep(20)
    }
  }
  throw new Error(`${url} did not return status 200 within ${startDeadline / 1000} s`)
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const killTimer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await exited
  clearTimeout(killTimer)
}
