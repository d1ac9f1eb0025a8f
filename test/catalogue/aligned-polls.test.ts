import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { until } from '../exporter/run-exporter.ts'
import { runProcess } from '../exporter/run-process.ts'
import { parsePage } from '../page/parse-page.ts'
import { hasTool } from '../servers/has-tool.ts'
import { sharedServer } from '../servers/shared-server.ts'
import { freePort } from '../servers/start-server.ts'

test('polls adopt the scrape interval of Prometheus', async (t) => {
  if (!hasTool(t, 'prometheus', 'prometheus')) return
  const server = await sharedServer()
  const [port, prometheusPort] = [await freePort(), await freePort()]
  const pgvitals = runProcess({
    DATABASE_URL: server.url('postgres', 'postgres'),
    PGVITALS_PORT: String(port),
    PGVITALS_QUERIES: '{ connections: { interval: 1s } }'
  })
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-prometheus-'))
  const config = join(folder, 'prometheus.yml')
  writeFileSync(
    config,
    `scrape_configs: [{ job_name: pgvitals, scrape_interval: 5s, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]\n`
  )
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${prometheusPort}`]
  // The page is read from Prometheus: any other request would be one more scraper.
  const interval = async () => {
    const url = `http://127.0.0.1:${prometheusPort}/api/v1/query?query=pgvitals_database_poll_interval_seconds`
    const response = await fetch(url).catch(() => undefined)
    const body = response?.ok ? ((await response.json()) as { data: { result: { value: [number, string] }[] } }) : undefined
    return body?.data.result.map(({ value: [, seconds] }) => seconds).join()
  }
  await until('pgvitals is ready', 60, async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok === true)
  const page = parsePage(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
  t.equal(page.find(({ name }) => name === 'pgvitals_database_poll_interval_seconds')?.value, 1, 'before, it is that of the query')
  const prometheus = spawn('prometheus', flags, { stdio: 'ignore' })
  t.teardown(() => {
    pgvitals.child.kill('SIGTERM')
    prometheus.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  await until('the interval is five seconds', 120, async () => (await interval()) === '5')
})
