import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { test } from 'tap'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { readLimits } from '../src/server/limits.ts'
import { noRefusals } from '../src/server/refusals.ts'
import { openSession } from '../src/server/session.ts'
import { everySecond, makeExporter, until } from './exporter/run-exporter.ts'
import { allOf, sampleValue } from './page/parse-page.ts'
import { startServer } from './servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from './servers/team-databases.ts'

test('limits', async (t) => {
  const server = await startServer({ flags: ['max_connections=20'] })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const environment = { ...teamEnvironment(server, 'pgvitals'), PGVITALS_QUERIES: everySecond, PGVITALS_KEEP_SESSIONS: 'on' }
  const queries = ['stat_activity', 'stat_user_tables']
  const sessions = async () => {
    const [row] = await server.sql('postgres', "select count(*)::int as n from pg_stat_activity where usename = 'pgvitals'")
    return Number(row?.n)
  }

  t.test('pgvitals respects the connection limit of the role and leaves its last connection free', async (t) => {
    await server.sql('postgres', 'alter role pgvitals connection limit 2')
    t.teardown(() => server.sql('postgres', 'alter role pgvitals connection limit -1'))
    const { exporter, samples } = makeExporter(environment, { pollCostShare: 10, queries })
    t.teardown(() => exporter.stop())
    await exporter.start()
    let most = 0
    await until('every database was polled three times', 20, async () => {
      most = Math.max(most, await sessions())
      const all = await samples()
      const polls = allOf(all, 'pgvitals_polls_total').filter(({ value }) => value >= 3)
      return polls.length === 3 && allOf(all, 'pg_database_up').filter(({ value }) => value).length === 3
    })
    t.equal(most, 1)
    t.same(allOf(await samples(), 'pgvitals_errors_total'), [], 'no connection was refused')
  })

  t.test('the last free connection of a database is not kept open', async (t) => {
    await server.sql('postgres', 'alter database labeler connection limit 1')
    t.teardown(() => server.sql('postgres', 'alter database labeler connection limit -1'))
    const { exporter } = makeExporter(environment, { pollCostShare: 10, queries })
    t.teardown(() => exporter.stop())
    await exporter.start()
    await until('every query was polled', 10, () => exporter.isReady())
    await until('the session is closed', 10, async () => {
      const rows = await server.sql('postgres', "select datname from pg_stat_activity where usename = 'pgvitals' order by datname")
      return rows.map(({ datname }) => datname).join() === 'platform,users'
    })
  })

  t.test('when the server has few free connections, one session remains open and the others close', async (t) => {
    const { exporter, samples } = makeExporter(environment, { pollCostShare: 10, queries })
    t.teardown(() => exporter.stop())
    await exporter.start()
    await until('three sessions are kept', 10, async () => exporter.isReady() && (await sessions()) === 3)
    // Of 17 connections for all roles, three are left free, and one is the session of pgvitals.
    const clients = Array.from({ length: 13 }, () => {
      return new pg.Client({ host: '127.0.0.1', port: server.port, user: 'platform_owner', password: 'secret', database: 'platform' })
    })
    t.teardown(() => Promise.all(clients.map((client) => client.end())))
    for (const client of clients) await client.connect()
    await until('one session remains', 10, async () => (await sessions()) === 1)
    await until('the remaining session polls the server', 10, async () => {
      const now = await samples()
      return (
        sampleValue(now, 'pg_up') === 1 &&
        sampleValue(now, 'pg_database_up', { datname: 'labeler' }) === undefined &&
        sampleValue(now, 'pgvitals_database_state', { datname: 'labeler', reason: 'too_many_connections' }) === 1 &&
        allOf(now, 'pg_stat_activity_count', { datname: 'platform' }).reduce((sum, { value }) => sum + value, 0) >= 13
      )
    })
    await Promise.all(clients.map((client) => client.end()))
    await until('the other sessions reopen', 20, async () => (await sessions()) === 3)
    await until('the database is up again', 10, async () => sampleValue(await samples(), 'pg_database_up', { datname: 'labeler' }) === 1)
  })

  t.test('the last connection of the server is not kept open, and seldom opened', async (t) => {
    const { exporter, samples } = makeExporter(environment, { pollCostShare: 10, queries })
    t.teardown(() => exporter.stop())
    const connect = async () => {
      const client = new pg.Client(server.url('platform', 'platform_owner'))
      await client.connect()
      return client
    }
    await exporter.start()
    await until('three sessions are kept', 20, async () => exporter.isReady() && (await sessions()) === 3)
    const clients = await Promise.all(Array.from({ length: 14 }, connect))
    await until('one session remains', 10, async () => (await sessions()) === 1)
    clients.push(await connect(), await connect())
    await until('no session remains', 10, async () => (await sessions()) === 0)
    clients.push(await connect())
    const connects = async () => allOf(await samples(), 'pgvitals_sessions_opened_total').reduce((sum, { value }) => sum + value, 0)
    const before = await connects()
    await until('the snapshots have expired after three intervals', 10, async () => {
      return allOf(await samples(), 'pg_stat_activity_count').length === 0
    })
    t.equal(await connects(), before)
    t.equal(sampleValue(await samples(), 'pg_up'), 1, 'the server has responded')
    await Promise.all(clients.map((client) => client.end()))
    await until('all sessions reopen', 30, async () => (await sessions()) === 3)
  })

  t.test('only client backends count against the connections of clients', async (t) => {
    const session = await openSession(parseDatabaseUrl(server.url('platform', 'pgvitals')))
    t.teardown(() => session.close())
    const free = async () => (await readLimits(session, noRefusals, 0)).value?.free
    const before = await free()
    t.equal(before, 16)
    // A logical WAL sender is connected to a database.
    const config = { connectionString: server.url('platform'), replication: 'database' }
    const sender = new pg.Client(config)
    await sender.connect()
    t.equal(await free(), before)
    await sender.end()
    const client = new pg.Client(server.url('platform'))
    await client.connect()
    t.equal(await free(), 15)
    await client.end()
  })

  t.test('a server-wide query that one database refuses runs in the next', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'pgvitals-queries-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    writeFileSync(
      join(folder, 'authid.sql'),
      '-- Roles.\n--\n-- scope: server\n-- gauge count: Roles.\nselect count(*) as count from pg_catalog.pg_authid;\n'
    )
    await server.sql('users', 'grant select on pg_catalog.pg_authid to users_owner')
    const owners = { ...teamEnvironment(server, 'owners'), PGVITALS_QUERIES_DIR: folder }
    const { exporter, samples } = makeExporter(
      { ...owners, PGVITALS_QUERIES: everySecond.replace('{', '{ authid: { interval: 1s },') },
      { queries: ['authid'] }
    )
    t.teardown(() => exporter.stop())
    await exporter.start()
    await until('another database runs the query', 10, async () => allOf(await samples(), 'pg_authid_count').length === 1)
    t.equal(sampleValue(await samples(), 'pgvitals_query_success', { query: 'authid' }), 1)
    t.equal(
      sampleValue(await samples(), 'pgvitals_errors_total', { class: 'privilege', datname: 'platform' }),
      1,
      'the first database does not run it again'
    )
  })

  t.test('the samples of one database are limited, and dropped samples are counted', async (t) => {
    const { exporter, samples } = makeExporter(teamEnvironment(server, 'pgvitals'), {
      servers: (all) => all.map((one) => ({ ...one, maxSamplesPerDatabase: 20 }))
    })
    t.teardown(() => exporter.stop())
    await exporter.pollOnce()
    const all = await samples()
    const ofUsers = all.filter(({ name, labels }) => labels.datname === 'users' && /^pg_(stat_user|statio_user|table|index)/.test(name))
    t.ok(ofUsers.length > 0 && ofUsers.length <= 20, `${ofUsers.length} samples`)
    const dropped = allOf(all, 'pgvitals_samples_dropped_total', { datname: 'users', reason: 'budget' })
    t.ok(dropped.length > 0)
    t.equal(sampleValue(all, 'pgvitals_query_success', { datname: 'users', query: 'stat_user_tables' }), 1)
  })
})
