import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { makeExporter, until } from './exporter/run-exporter.ts'
import { runProcess } from './exporter/run-process.ts'
import { inheritedNames } from './page/inherited-names.ts'
import { parsePage } from './page/parse-page.ts'
import { hasTool } from './servers/has-tool.ts'
import { freePort, startServer, startStandby } from './servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from './servers/team-databases.ts'

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

/** The output of promtool for a page: lines that begin with the name of a metric. */
function objectionsTo(page: string): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const promtool = execFile('promtool', ['check', 'metrics'], (_, stdout, stderr) =>
      resolve((stdout + stderr).split('\n').filter(Boolean))
    )
    promtool.stdin?.end(page)
  })
}

test('promtool objects to inherited names only', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  for (const major of [13, 18] as const) {
    const server = await startServer({ major, flags: ['track_io_timing=on'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    await server.sql('platform', 'select pg_stat_reset()', 'create extension pg_buffercache')
    await server.sql('postgres', "select pg_create_physical_replication_slot('spare', true)")
    const standby = await startStandby(server)
    t.teardown(() => standby.remove())
    const { exporter, page } = makeExporter({
      ...teamEnvironment(server, 'pgvitals'),
      STANDBY_DATABASE_URL: standby.url('platform', 'pgvitals')
    })
    await exporter.pollOnce()
    const text = await page()
    await exporter.stop()
    const objections = await objectionsTo(text)
    t.ok(objections.length > 20, 'promtool has read the page')
    t.same(
      objections.filter((line) => !inheritedNames.includes(line.split(' ')[0] ?? '')),
      [],
      `PostgreSQL ${major}`
    )
  }
})

test('Prometheus scrapes every sample of the page', async (t) => {
  if (!hasTool(t, 'prometheus', 'prometheus')) return
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.sql('users', 'create table "weird \\ ""name""" (id int)')
  // Their names differ in one character. Many clients treat some of these characters as the end of a line.
  const separators = [' ', '\t', '\r', '\f', '\u0001', '\u001b', '\u007f', '\u0085', '\u2028', '\u2029', '\ufffd']
  await server.sql('users', ...separators.map((one) => `create table "a${one}b" (id int)`))
  const [port, prometheusPort] = [await freePort(), await freePort()]
  const pgvitals = runProcess({ ...teamEnvironment(server, 'pgvitals'), PGVITALS_PORT: String(port) })
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-prometheus-'))
  const config = join(folder, 'prometheus.yml')
  writeFileSync(
    config,
    `scrape_configs: [{ job_name: pgvitals, scrape_interval: 1s, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]\n`
  )
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${prometheusPort}`]
  const prometheus = spawn('prometheus', flags, { stdio: 'ignore' })
  t.teardown(() => {
    pgvitals.child.kill('SIGTERM')
    prometheus.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const queryPrometheus = async (query: string): Promise<readonly Series[]> => {
    const response = await fetch(`http://127.0.0.1:${prometheusPort}/api/v1/query?query=${encodeURIComponent(query)}`).catch(
      () => undefined
    )
    const body = response?.status === 200 ? ((await response.json()) as { data?: { result?: readonly Series[] } }) : undefined
    return body?.data?.result ?? []
  }
  await until(
    'Prometheus has scraped a full page',
    30,
    async () => (await queryPrometheus('pg_database_up == 1')).length === 3 && (await queryPrometheus('pg_wal_segments')).length === 1
  )
  await until('it has the samples of the page, except those that changed in between', 20, async () => {
    const [{ value: [, scraped] = [] } = {}] = await queryPrometheus('scrape_samples_scraped{job="pgvitals"}')
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return Math.abs(Number(scraped) - parsePage(page).length) < 20
  })
  const separated = await queryPrometheus('pg_stat_user_tables_seq_scan{datname="users",relname=~"a.+b"}')
  t.equal(new Set(separated.map(({ metric }) => metric.relname)).size, separators.length, 'different names are different series')
  t.match(await queryPrometheus('pg_stat_user_tables_seq_scan{relname="weird \\\\ \\"name\\""}'), [{ metric: { datname: 'users' } }])
  t.equal(
    (await queryPrometheus('pg_locks_count * on (server, datname) group_left (team) pg_database_info')).length,
    (await queryPrometheus('pg_locks_count')).length,
    'rules can join the team'
  )
})
