import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startExporter } from '../../demo/exporter.ts'
import { startLoad } from '../../demo/load.ts'
import { createDatabases, exporterUrls, password } from '../../demo/schema.ts'
import { untilAskedToEnd } from '../../demo/until-asked-to-end.ts'
import { freePort, startServer, startStandby } from '../servers/start-server.ts'

// `npm run stage`: the demo's databases and load, a standby, pgvitals and a real Prometheus with our rules, for `npm run pictures`.
const asked = untilAskedToEnd()
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'pgvitals-stage-'))
chmodSync(folder, 0o755)

const primary = await startServer({ flags: ['track_io_timing=on', 'wal_level=logical', 'autovacuum_naptime=20s'] })
await createDatabases(primary)
await primary.sql('labeler', "select pg_create_logical_replication_slot('changes', 'pgoutput')")
const standby = await startStandby(primary)
const load = startLoad(primary.url)

const [port, prometheusPort] = [String(await freePort()), process.env.PROMETHEUS_PORT ?? '9090']
const exporter = startExporter({
  urls: { ...exporterUrls(primary), STANDBY_DATABASE_URL: standby.url('platform', 'pgvitals', password) },
  port,
  folder
})
const rules = join(import.meta.dirname, '..', '..', 'grafana', 'rules')
writeFileSync(
  join(folder, 'prometheus.yml'),
  JSON.stringify({
    global: { scrape_interval: '5s', evaluation_interval: '15s' },
    ...(existsSync(rules) ? { rule_files: [`${rules}/*.yml`] } : {}),
    scrape_configs: [{ job_name: 'pgvitals', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }]
  })
)
const prometheus = spawn(
  'prometheus',
  [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
    '--web.enable-lifecycle'
  ],
  { stdio: 'ignore' }
)
console.log(`pgvitals http://127.0.0.1:${port}/metrics, Prometheus http://127.0.0.1:${prometheusPort}; Ctrl-C ends both.`)

await Promise.race([asked, exporter.failed.catch(() => {}), once(prometheus, 'exit')])
prometheus.kill()
await Promise.allSettled([load.stop(), exporter.stop()])
await standby.remove()
await primary.remove()
rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
process.exit()
