import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { until } from '../../exporter/run-exporter.ts'
import { hasTool } from '../../servers/has-tool.ts'
import { freePort } from '../../servers/start-server.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const alertmanagerFile = join(root, 'deploy/alertmanager/alertmanager.yml')

test('promtool accepts the configuration of Prometheus and every rule', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-prometheus-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  cpSync(join(root, 'deploy/prometheus/prometheus.yml'), join(folder, 'prometheus.yml'))
  cpSync(join(root, 'grafana/rules'), join(folder, 'rules'), { recursive: true })
  const { status, stdout, stderr } = spawnSync(
    'promtool',
    ['check', 'config', '--lint=all', '--lint-fatal', join(folder, 'prometheus.yml')],
    {
      encoding: 'utf8'
    }
  )
  t.equal(status, 0, stdout + stderr)
  t.match(stdout, /SUCCESS: 13 rule files found/)
  const rules = spawnSync('sh', ['-c', `promtool check rules --lint=all --lint-fatal ${folder}/rules/*.yml`], { encoding: 'utf8' })
  t.equal(rules.status, 0, rules.stderr)
})

test('alerts are routed to the team that owns the database, others to the platform team', async (t) => {
  if (!hasTool(t, 'amtool', 'prometheus-alertmanager')) return
  execFileSync('amtool', ['check-config', alertmanagerFile])
  const receiver = (...labels: string[]) =>
    execFileSync('amtool', ['config', 'routes', 'test', `--config.file=${alertmanagerFile}`, ...labels], { encoding: 'utf8' }).trim()
  t.equal(receiver('alertname=PostgresDeadlocks', 'severity=warning', 'team=labeler', 'datname=labeler'), 'labeler')
  t.equal(receiver('alertname=PostgresDatabaseUnreachable', 'severity=critical', 'team=labeler'), 'labeler')
  t.equal(receiver('alertname=PostgresDeadlocks', 'severity=warning', 'team=platform', 'datname=users'), 'platform')
  t.equal(receiver('alertname=PostgresDeadlocks', 'severity=warning', 'datname=new'), 'platform')
  t.equal(receiver('alertname=PostgresDown', 'severity=critical'), 'platform')
  t.equal(receiver('alertname=PgvitalsBlindSpot', 'severity=info', 'team=labeler'), 'nobody')
  t.equal(receiver('alertname=PgvitalsWatchdog', 'severity=info'), 'watchdog')
})

const alertmanager = ['alertmanager', 'prometheus-alertmanager'].find((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0)

test('alerts that another alert explains are inhibited, on the same server only', async (t) => {
  if (!hasTool(t, alertmanager ?? 'prometheus-alertmanager', 'prometheus-alertmanager') || alertmanager === undefined) return
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-alertmanager-'))
  const port = await freePort()
  const flags = [
    `--config.file=${alertmanagerFile}`,
    `--storage.path=${folder}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address='
  ]
  const child = spawn(alertmanager, flags, { stdio: 'ignore' })
  t.teardown(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const url = `http://127.0.0.1:${port}/api/v2/alerts`
  await until('Alertmanager is up', 30, async () => (await fetch(url).catch(() => undefined))?.status === 200)
  const target = { job: 'pgvitals', instance: 'e' }
  const alert = (alertname: string, severity: string, labels: Record<string, string>) => ({
    labels: { alertname, severity, ...target, ...labels }
  })
  const sent = [
    alert('PostgresDown', 'critical', { server: 'a' }),
    alert('PostgresReplicaLag', 'critical', { server: 'a' }),
    alert('PostgresReplicaLag', 'critical', { server: 'b' }),
    alert('PostgresReplicaLag', 'warning', { server: 'b' }),
    alert('PostgresDatabaseUnreachable', 'critical', { server: 'b', datname: 'labeler' }),
    alert('PostgresDeadlocks', 'warning', { server: 'b', datname: 'labeler' }),
    alert('PostgresDeadlocks', 'warning', { server: 'b', datname: 'users' }),
    alert('PostgresDiskSpaceLow', 'critical', { server: 'b' }),
    alert('PostgresDiskFillPredicted', 'critical', { server: 'b' }),
    alert('PgvitalsDown', 'critical', { instance: 'f' }),
    alert('PgvitalsScrapeSlow', 'warning', { instance: 'f' }),
    alert('PgvitalsWatchdog', 'info', { instance: 'f' })
  ]
  await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(sent) })
  const active = async () => {
    const alerts = (await (await fetch(`${url}?inhibited=false`)).json()) as { labels: Record<string, string> }[]
    return alerts
      .map(({ labels }) => [labels.alertname, labels.severity, labels.server ?? labels.instance, labels.datname ?? ''].join(' ').trim())
      .sort()
  }
  await until('the alerts are active', 30, async () => (await active()).length > 0)
  t.same(
    await active(),
    [
      'PgvitalsDown critical f',
      'PgvitalsWatchdog info f',
      'PostgresDatabaseUnreachable critical b labeler',
      'PostgresDeadlocks warning b users',
      'PostgresDiskSpaceLow critical b',
      'PostgresDown critical a',
      'PostgresReplicaLag critical b'
    ].sort()
  )
})

test('the scrape interval is a quarter of the shortest range in rules', async (t) => {
  t.match(readFileSync(join(root, 'deploy/prometheus/prometheus.yml'), 'utf8'), /scrape_interval: 15s/)
})
