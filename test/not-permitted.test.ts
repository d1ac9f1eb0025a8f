import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { diagnose } from '../src/doctor/doctor.ts'
import { makeExporter, onlyEverySecond, until } from './exporter/run-exporter.ts'
import { runProcess } from './exporter/run-process.ts'
import { allOf, sampleValue } from './page/parse-page.ts'
import { startServer } from './servers/start-server.ts'

const hour = 3_600_000

test('a discovered database that has never accepted the role is not down', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  const hba = join(server.dataDirectory, 'pg_hba.conf')
  const rules = readFileSync(hba, 'utf8')
  const reject = async (...databases: readonly string[]) => {
    writeFileSync(hba, `${databases.map((name) => `host ${name} pgvitals all reject\n`).join('')}${rules}`)
    await server.sql('postgres', 'select pg_reload_conf()')
  }
  const fatal = () => server.log().match(/FATAL:.*/g) ?? []
  const names = ['open', 'rejected', 'limited', 'closed', 'refusing', 'rdsadmin']
  await server.sql(
    'postgres',
    "create role pgvitals login password 'secret' in role pg_monitor",
    ...names.map((name) => `create database ${name}`)
  )
  await server.sql(
    'postgres',
    'alter database "limited" connection limit 0',
    'revoke connect on database closed from public',
    'alter database refusing allow_connections false'
  )
  await reject('rejected')
  await new Promise((resolve) => setTimeout(resolve, 300))

  let skipped = 0
  const url = server.url('postgres', 'pgvitals')
  const { exporter, samples, logged } = makeExporter(
    { DATABASE_URL: url },
    {
      queries: ['stat_user_tables', 'database_size'],
      clock: { now: () => performance.now() + skipped },
      servers: (all) => all.map((one) => ({ ...one, discovery: { include: [], exclude: [], connection: parseDatabaseUrl(url) } }))
    }
  )
  t.teardown(() => exporter.stop())
  const pollAgain = async (later = 61_000) => {
    skipped += later
    await exporter.pollOnce()
    // The second cycle uses the list of the first one.
    await exporter.pollOnce()
  }
  const state = async (datname: string, reason: string) => sampleValue(await samples(), 'pgvitals_database_state', { datname, reason })
  const isUp = async (datname: string) => sampleValue(await samples(), 'pg_database_up', { datname })
  await pollAgain()

  t.equal(await state('open', 'up'), 1)
  for (const name of ['rejected', 'limited', 'closed', 'refusing']) {
    t.equal(await state(name, 'not_permitted'), 1, name)
    t.equal(await isUp(name), undefined, `${name} is not down`)
    t.same(allOf(await samples(), 'pgvitals_query_success', { datname: name }), [], `${name} has no failed queries`)
    t.equal(sampleValue(await samples(), 'pg_database_info', { datname: name }), 1)
  }
  t.same(allOf(await samples(), 'pgvitals_database_state', { datname: 'rdsadmin' }), [], 'a database of a provider is not discovered')
  t.ok(sampleValue(await samples(), 'pg_database_size_bytes', { datname: 'rdsadmin' }), 'but server-wide queries report it')
  t.equal(sampleValue(await samples(), 'pg_up'), 1)
  t.ok(exporter.isReady())
  t.equal(fatal().length, 1, 'only the rejection by pg_hba.conf was tried')

  for (let minute = 0; minute < 3; minute++) await pollAgain()
  t.equal(fatal().length, 1, 'nothing is tried again')
  await pollAgain(hour)
  t.equal(fatal().length, 3, 'after an hour both are tried')
  t.same(
    logged.flatMap(({ level, msg }) => (Number(level) >= 40 && !/pg_stat_statements/.test(String(msg)) ? [msg] : [])),
    [],
    'no warning is logged'
  )
  t.equal(logged.filter(({ msg }) => /not permitted to connect/.test(String(msg))).length, 2, 'each is logged once')

  const file = join(mkdtempSync(join(tmpdir(), 'pgvitals-')), 'pgvitals.yaml')
  const address = `{ host: 127.0.0.1, port: ${server.port}, user: pgvitals, password: secret, discover: {}, databases: { postgres: {} } }`
  writeFileSync(file, `servers:\n  main: ${address}\n`)
  const once = runProcess({ PGVITALS_CONFIG: file, PGVITALS_QUERIES: onlyEverySecond('stat_user_tables') }, 'once')
  t.equal(await once.ended, 0, 'once reports no failure')
  const diagnosis = await diagnose(
    exporter.servers().map((poller) => poller.server),
    []
  )
  t.ok(diagnosis.isHealthy, 'doctor reports no error')
  t.match(JSON.stringify(diagnosis.servers.map(({ hints }) => hints)), /rejected.*is not permitted to connect to a discovered database/)

  await server.sql('postgres', 'alter database "limited" connection limit 5')
  await pollAgain()
  t.equal(await isUp('limited'), 1, 'a raised connection limit is noticed with the next list')
  await server.sql('postgres', 'alter database "limited" connection limit 0')
  await reject('rejected', 'open')
  await until('new rules apply', 5, async () => {
    await server.sql('postgres', "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'pgvitals'")
    await pollAgain()
    return (await isUp('open')) === 0 && (await isUp('limited')) === 0
  })
  t.equal(await state('open', 'auth'), 1, 'a database that accepted the role before is down')
  t.equal(await state('limited', 'too_many_connections'), 1)
})
