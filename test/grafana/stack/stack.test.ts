import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { readCompose } from '../../deploy/compose-file.ts'
import { until } from '../../exporter/run-exporter.ts'
import { runProcess, scrape } from '../../exporter/run-process.ts'
import { allOf, sampleValue } from '../../page/parse-page.ts'
import { hasTool } from '../../servers/has-tool.ts'
import { freePort, startServer } from '../../servers/start-server.ts'
import { changedLines, onThisMachine, shortened } from './addresses.ts'
import { layOut } from './lay-out.ts'

// docker-compose.yml without Docker: its files, commands and environment, run by the programs of this machine. Only addresses and
// intervals differ, and the test asserts that nothing else does.

const passwords = { PLATFORM_PASSWORD: 'one', LABELER_PASSWORD: 'two', MONITOR_PASSWORD: "it's three" }
const services = readCompose(passwords)
const alertmanagerProgram = ['alertmanager', 'prometheus-alertmanager'].find((name) => spawnSync('which', [name]).status === 0)

interface Notification {
  readonly receiver: string
  readonly status: string
  readonly labels: Readonly<Record<string, string>>
}

/** Runs a program until the end of the test. */
function run(t: Test, program: string, flags: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(program, flags, { env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-5000)))
  t.teardown(async () => {
    const ended = child.exitCode ?? once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    if (!t.passing()) t.comment(`${program}: ${stderr}`)
  })
  return { stdout: () => stdout }
}

const isOk = async (url: string) => (await fetch(url).catch(() => undefined))?.status === 200

test('docker-compose.yml: an alert of a database notifies its team only', async (t) => {
  if (!hasTool(t, 'psql', 'postgresql-client') || !hasTool(t, 'prometheus', 'prometheus')) return
  if (!hasTool(t, alertmanagerProgram ?? 'prometheus-alertmanager', 'prometheus-alertmanager') || !alertmanagerProgram) return
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'pgvitals-stack-'))
  chmodSync(folder, 0o755)
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const { postgres = {}, pgvitals = {}, prometheus = {}, alertmanager = {}, webhook = {} } = services

  // PostgreSQL as its image starts it: the flags of the command, then psql for every script of the init folder.
  const flags = (postgres.command ?? []).filter((word) => word.includes('='))
  const server = await startServer({ major: 16, isPreloaded: false, flags })
  t.teardown(() => server.remove())
  const scripts = layOut(join(folder, 'postgres'), postgres).path('/docker-entrypoint-initdb.d')
  for (const script of readdirSync(scripts).sort()) {
    const psql = ['-v', 'ON_ERROR_STOP=1', '--no-psqlrc', '--username=postgres', '--no-password', '--dbname=postgres']
    const connection = { PGHOST: '127.0.0.1', PGPORT: String(server.port), PGPASSWORD: 'secret' }
    const env = { PATH: process.env.PATH, ...connection, ...postgres.environment }
    execFileSync('psql', [...psql, '-f', join(scripts, script)], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  }

  const ports = {
    'postgres:5432': server.port,
    'pgvitals:9187': await freePort(),
    'alertmanager:9093': await freePort(),
    'webhook:9095': await freePort()
  }
  const only = (lines: readonly string[], expected: RegExp) => lines.filter((line) => !expected.test(line))

  // pgvitals
  const laidOut = layOut(join(folder, 'pgvitals'), pgvitals)
  const configPath = pgvitals.environment?.PGVITALS_CONFIG ?? ''
  const config = laidOut.change(configPath, (text) => onThisMachine(text, ports))
  t.same(changedLines(...config), ['    host: postgres', '    port: 5432'], 'only the address in pgvitals.yaml differs')
  const environment = { ...pgvitals.environment, PGVITALS_CONFIG: laidOut.path(configPath), PGVITALS_PORT: String(ports['pgvitals:9187']) }
  const exporter = runProcess(environment)
  t.teardown(async () => {
    exporter.child.kill('SIGTERM')
    await exporter.ended
    if (!t.passing()) t.comment(`pgvitals: ${exporter.output()}`)
  })

  // The webhook of the stack, Alertmanager, and Prometheus with the rules.
  const receiver = layOut(join(folder, 'webhook'), webhook).path(webhook.command?.[1] ?? '')
  const webhookProcess = run(t, process.execPath, [receiver], { HOST: '127.0.0.1', PORT: String(ports['webhook:9095']) })
  const notifications = () =>
    webhookProcess
      .stdout()
      .split('\n')
      .filter(Boolean)
      .map((line): Notification => JSON.parse(line))

  const alerting = layOut(join(folder, 'alertmanager'), alertmanager)
  const routes = alerting.change('/etc/alertmanager/alertmanager.yml', (text) => shortened(onThisMachine(text, ports)))
  t.same(
    only(changedLines(...routes), /^ +(- url: http:\/\/webhook:9095\/|group_(wait|interval): )/),
    [],
    'only addresses and intervals in alertmanager.yml differ'
  )
  run(t, alertmanagerProgram, [...alerting.flags, `--web.listen-address=127.0.0.1:${ports['alertmanager:9093']}`])

  const scraper = layOut(join(folder, 'prometheus'), prometheus)
  const scraping = scraper.change('/etc/prometheus/prometheus.yml', (text) => shortened(onThisMachine(text, ports)))
  t.same(
    only(changedLines(...scraping), /targets: \[(alertmanager|pgvitals):|^ {2}(scrape|evaluation)_interval: 15s$/),
    [],
    'only addresses and intervals in prometheus.yml differ'
  )
  for (const file of readdirSync(scraper.path('/etc/prometheus/rules'))) {
    const rules = scraper.change(join('/etc/prometheus/rules', file), shortened)
    t.same(only(changedLines(...rules), /^ +(for|keep_firing_for|interval): \w+$/), [], `only intervals in ${file} differ`)
  }
  // An alert that fires before Prometheus discovers Alertmanager is sent again after this delay, by default a minute.
  const resend = '--rules.alert.resend-delay=1s'
  run(t, 'prometheus', [...scraper.flags, resend, `--web.listen-address=127.0.0.1:${await freePort()}`])

  await until('pgvitals is ready', 60, () => isOk(`http://127.0.0.1:${ports['pgvitals:9187']}/readyz`))
  const page = await scrape(ports['pgvitals:9187'])
  for (const [datname, team] of Object.entries({ platform: 'platform', users: 'platform', labeler: 'labeler' })) {
    t.equal(sampleValue(page, 'pg_database_up', { server: 'main', datname }), 1, `${datname} is up`)
    t.equal(sampleValue(page, 'pg_database_info', { server: 'main', datname, team }), 1, `${datname} belongs to ${team}`)
  }
  t.same([...allOf(page, 'pg_access_excess'), ...allOf(page, 'pg_access_missing')], [], 'the grants match the declared access')
  t.ok(allOf(page, 'pg_stat_statements_calls_total').length > 0, 'statements have series')
  const doctor = runProcess(environment, 'doctor')
  t.equal(await doctor.ended, 0, `doctor has no findings: ${doctor.output()}`)

  await until('the watchdog notification arrives', 60, () => notifications().some(({ receiver: to }) => to === 'watchdog'))
  t.same(
    notifications().filter(({ labels }) => labels.team === 'labeler'),
    [],
    'no notification for labeler before the fault'
  )

  // The owner of labeler revokes connect from pgvitals.
  await server.sql('labeler', 'set role labeler', 'revoke connect on database labeler from pgvitals')
  await server.sql('postgres', "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'labeler'")
  const alert = () => notifications().find(({ labels }) => labels.alertname === 'PostgresDatabaseUnreachable')
  await until('labeler is notified', 120, () => alert() !== undefined)
  t.match(alert(), {
    receiver: 'labeler',
    status: 'firing',
    labels: { server: 'main', datname: 'labeler', team: 'labeler', severity: 'critical' }
  })
  t.same(
    notifications().filter(({ receiver: to, labels }) => to === 'platform' && labels.datname === 'labeler'),
    [],
    'platform is not notified'
  )

  await server.sql('labeler', 'set role labeler', 'grant connect on database labeler to pgvitals')
  const isResolved = ({ receiver: to, status, labels }: Notification) =>
    to === 'labeler' && status === 'resolved' && labels.alertname === 'PostgresDatabaseUnreachable'
  await until('labeler is notified that it is resolved', 120, () => notifications().some(isResolved))
})
