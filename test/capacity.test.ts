import { execFileSync } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { type Test, test } from 'tap'
import { createExporter, type Exporter } from '../src/exporter.ts'
import { loadQueries } from '../src/query/load.ts'
import type { Database, Server } from '../src/server/server.ts'
import { readConfig } from './config/read-config.ts'
import { until } from './exporter/run-exporter.ts'
import { allOf, parsePage, sampleValue } from './page/parse-page.ts'
import { startServer } from './servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from './servers/team-databases.ts'

/** An exporter of one server with settings that only the YAML file has, and its log. */
function makeDeclared(
  t: Test,
  environment: Readonly<Record<string, string>>,
  server: Partial<Server>,
  database: (database: Database) => Partial<Database> = () => ({})
): { exporter: Exporter; logged: string[] } {
  const logged: string[] = []
  const log: Logger = pino({ base: null }, { write: (line) => void logged.push(line) })
  const servers = readConfig(environment).servers.map((one) => ({
    ...one,
    ...server,
    databases: one.databases.map((each) => ({ ...each, ...database(each) }))
  }))
  const queries = loadQueries().filter(({ name }) => name === 'access' || name === 'disk')
  const exporter = createExporter({ version: '0.0.0', servers, queries, log })
  t.teardown(() => exporter.stop())
  return { exporter, logged }
}

const page = async (exporter: Exporter) => parsePage(String((await exporter.metrics())?.text))

test('capacity, quota and file system sizes are exported, and declared access is checked where the role may connect', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.sql('postgres', 'create role labeler_user login', 'revoke connect on database labeler from pgvitals')
  await server.sql('users', 'grant connect on database users to labeler_user', 'grant insert on item to labeler_user')
  const capacityBytes = 10 * 2 ** 30
  const { exporter } = makeDeclared(
    t,
    teamEnvironment(server, 'pgvitals'),
    { capacityBytes, dataDirectory: server.dataDirectory },
    ({ name }) => ({
      access: name === 'platform' ? new Map() : new Map([['labeler_user', 'read']]),
      quotaBytes: name === 'users' ? 5e9 : undefined
    })
  )
  await exporter.pollOnce()
  const all = await page(exporter)

  t.equal(sampleValue(all, 'pg_disk_total_bytes', { source: 'configured' }), capacityBytes)
  const usedBytes = sampleValue(all, 'pg_disk_used_bytes') ?? 0
  t.equal(sampleValue(all, 'pg_disk_free_bytes', { source: 'configured' }), capacityBytes - usedBytes)
  const [, onDisk] = ['base', 'global', 'pg_wal']
    .map((folder) =>
      Number(execFileSync('du', ['-s', '--apparent-size', '-B1', join(server.dataDirectory, folder)], { encoding: 'utf8' }).split('\t')[0])
    )
    .reduce<[number, number]>(([count, sum], bytes) => [count + 1, sum + bytes], [0, 0])
  t.ok(Math.abs(usedBytes / onDisk - 1) < 0.02, `${usedBytes} bytes are used, du reports ${onDisk}`)

  const { bsize, blocks, bavail } = await statfs(server.dataDirectory)
  t.equal(sampleValue(all, 'pg_disk_total_bytes', { source: 'filesystem' }), blocks * bsize)
  const freeBytes = sampleValue(all, 'pg_disk_free_bytes', { source: 'filesystem' }) ?? 0
  t.ok(Math.abs(freeBytes - bavail * bsize) < 2 ** 30, 'the bytes that an unprivileged process may still write')

  t.same(
    allOf(all, 'pg_database_quota_bytes').map(({ labels, value }) => [labels.datname, value]),
    [['users', 5e9]]
  )
  t.same(
    [...allOf(all, 'pg_access_excess'), ...allOf(all, 'pg_access_missing')].map(({ name, labels, value }) => [
      name,
      labels.datname,
      labels.rolname,
      labels.privilege,
      value
    ]),
    [
      ['pg_access_excess', 'users', 'labeler_user', 'insert', 1],
      ['pg_access_missing', 'users', 'labeler_user', 'select', 1]
    ],
    'a database that the exporter may not connect to has no samples'
  )
  t.equal(sampleValue(all, 'pgvitals_query_success', { query: '', datname: 'labeler' }), 0)
})

test('free space is absent where some of the used space is not visible, and while the server is down', async (t) => {
  const server = await startServer({ major: 13 })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const limited = makeDeclared(t, teamEnvironment(server, 'owners'), { capacityBytes: 1e12 }).exporter
  await limited.pollOnce()
  t.equal(sampleValue(await page(limited), 'pg_disk_total_bytes'), 1e12)
  t.same(allOf(await page(limited), 'pg_disk_free_bytes'), [])

  await server.stop()
  const { exporter, logged } = makeDeclared(t, teamEnvironment(server, 'pgvitals'), {
    capacityBytes: 1e12,
    dataDirectory: server.dataDirectory
  })
  await exporter.pollOnce()
  t.same(
    allOf(await page(exporter), 'pg_disk_free_bytes').map(({ labels }) => labels.source),
    ['filesystem'],
    'a full disk remains visible although the server is down'
  )
  t.notMatch(logged.join(''), 'data_directory')
})

test('a missing data directory is logged, and its size is absent', async (t) => {
  const environment = { DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/d' }
  const { exporter, logged } = makeDeclared(t, environment, { dataDirectory: '/nowhere/pgdata' })
  await exporter.pollOnce()
  await exporter.pollOnce()
  t.same(allOf(await page(exporter), 'pg_disk_total_bytes'), [])
  t.equal(logged.filter((line) => line.includes('cannot measure the disk of data_directory /nowhere/pgdata')).length, 1, 'once')
})

test('a data directory added by a reload is measured, and one removed by a reload is not', async (t) => {
  const { exporter } = makeDeclared(t, { DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/d' }, { dataDirectory: '/nowhere/pgdata' })
  const measureIn = (dataDirectory: string | undefined) =>
    exporter.update(exporter.servers().map(({ server }) => ({ ...server, dataDirectory })))
  const total = async () => sampleValue(await page(exporter), 'pg_disk_total_bytes', { source: 'filesystem' })
  await exporter.start()
  t.equal(await total(), undefined)
  measureIn(tmpdir())
  const { bsize, blocks } = await statfs(tmpdir())
  await until('the new directory is measured', 10, async () => (await total()) === blocks * bsize)
  measureIn(undefined)
  t.equal(await total(), undefined)
})
