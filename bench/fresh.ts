import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, startServer } from '../test/servers/start-server.ts'
import { progress } from './progress.ts'
import { quantile } from './scrape.ts'

const seconds = Number(process.env.BENCH_SECONDS || 420)
const periods = (process.env.BENCH_PERIODS || '15,10').split(',').map(Number)
const root = join(import.meta.dirname, '..')
/** The folder of another version of pgvitals, to compare with. */
const before = process.env.BENCH_BEFORE

/** A regular scraper is recognized after five scrapes; twice that time is not measured. */
const learningScrapes = 10

/** A counter that grows by exactly 100 per second. Its value is the time of its poll. */
const counter = `-- A counter that grows by 100 per second.
--
-- scope: server
-- interval: 15s
--
-- counter value: The time of the poll.
select (100 * extract(epoch from pg_catalog.clock_timestamp()))::float8 as value
`

type Values = readonly (readonly [number, string])[]

/** The age of samples at the scrape, and the error of rate(), with a real Prometheus. */
const server = await startServer()
const folder = mkdtempSync(join(tmpdir(), 'pgvitals-fresh-'))
const children: ChildProcess[] = []
try {
  const queries = join(folder, 'queries')
  mkdirSync(queries)
  writeFileSync(join(queries, 'exact.sql'), counter)
  await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor")
  const versions = [{ version: 'this', code: root }, ...(before === undefined ? [] : [{ version: 'before', code: before }])]
  const jobs = []
  for (const { version, code } of versions) {
    for (const period of periods) {
      const port = await freePort()
      const env = {
        PATH: process.env.PATH,
        DATABASE_URL: server.url('postgres', 'pgvitals'),
        PGVITALS_PORT: String(port),
        PGVITALS_QUERIES_DIR: queries,
        PGVITALS_LOG_LEVEL: 'warn'
      }
      children.push(spawn(process.execPath, ['--import', 'tsx', join(code, 'src/main.ts')], { cwd: code, env, stdio: ['ignore', 2, 2] }))
      jobs.push({ name: `${version}-${period}`, version, period, port })
    }
  }
  const prometheusPort = await freePort()
  const configs = jobs.map(({ name, period, port }) => ({
    job_name: name,
    scrape_interval: `${period}s`,
    scrape_timeout: `${period}s`,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }]
  }))
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs: configs }))
  const flags = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`]
  children.push(spawn('prometheus', [...flags, `--web.listen-address=127.0.0.1:${prometheusPort}`], { stdio: 'ignore' }))
  progress(`running for ${seconds} s`)
  await sleep(seconds * 1000)

  const query = async (expression: string, parameters: Readonly<Record<string, string>>): Promise<Values> => {
    const kind = 'start' in parameters ? 'query_range' : 'query'
    const search = new URLSearchParams({ query: expression, ...parameters })
    const response = await fetch(`http://127.0.0.1:${prometheusPort}/api/v1/${kind}?${search}`)
    const body = (await response.json()) as { readonly data: { readonly result: readonly { readonly values: Values }[] } }
    return body.data.result[0]?.values ?? []
  }
  const end = Math.floor(Date.now() / 1000)
  const rows: string[] = []
  for (const { name, version, period } of jobs) {
    const measured = Math.floor(seconds - learningScrapes * period)
    const samples = await query(`pg_exact{job="${name}"}[${measured}s]`, {})
    const ages = samples.map(([time, value]) => time - Number(value) / 100).sort((left, right) => left - right)
    const values = samples.map(([, value]) => value)
    const fresh = new Set(values).size / values.length
    const window = 6 * period
    const range = { start: String(end - measured + window), end: String(end), step: '1' }
    const rates = (await query(`rate(pg_exact{job="${name}"}[${window}s])`, range)).map(([, rate]) => Number(rate))
    const errors = rates.map((rate) => Math.abs(rate - 100)).sort((left, right) => left - right)
    const age = [0.5, 0.95, 1].map((share) => `${quantile(ages, share).toFixed(2)} s`)
    const rate = [Math.min(...rates), Math.max(...rates)].map((value) => value.toFixed(2)).join(' to ')
    rows.push(
      `| ${period} s | ${version} | ${samples.length} | ${age.join(' | ')} | ${(100 * fresh).toFixed(0)} % | ${rate} | ${quantile(errors, 0.95).toFixed(2)} |`
    )
  }
  process.stdout.write(
    [
      '| scrapes every | version | scrapes | age p50 | age p95 | age max | scrapes with a new poll | rate() of 100/s over six scrapes | error p95 |',
      '|---:|---|---:|---:|---:|---:|---:|---|---:|',
      ...rows,
      ''
    ].join('\n')
  )
} finally {
  for (const child of children) child.kill('SIGTERM')
  await sleep(1000)
  for (const child of children) child.kill('SIGKILL')
  await server.remove()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(0)
