import { test } from 'tap'
import { holdSession } from './catalogue/held-session.ts'
import { everySecond, makeExporter, until } from './exporter/run-exporter.ts'
import { allOf, sampleValue } from './page/parse-page.ts'
import { sharedServer } from './servers/shared-server.ts'
import { startServer, startStandby } from './servers/start-server.ts'
import { createTeamDatabases, teamDatabases, teamEnvironment } from './servers/team-databases.ts'

test('the page of three databases of one server agrees with PostgreSQL', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.sql('postgres', 'alter database users connection limit 7', "alter system set work_mem = '12MB'", 'select pg_reload_conf()')
  await server.sql('users', 'delete from item where id <= 40', 'select pg_stat_force_next_flush()', 'select count(*) from item')
  await server.sql('labeler', 'begin; lock table item in share mode; select pg_sleep(0); commit')
  await holdSession(server, 'users')
  const { exporter, samples, page, logged } = makeExporter(teamEnvironment(server, 'pgvitals'))
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const text = await page()
  const all = await samples()
  const name = `127.0.0.1:${server.port}`
  const value = (metric: string, labels = {}) => sampleValue(all, metric, { server: name, ...labels })

  t.equal(value('pg_up'), 1)
  for (const datname of teamDatabases) {
    t.equal(value('pg_database_up', { datname }), 1)
    t.equal(value('pg_database_info', { datname, team: '' }), 1)
    t.equal(
      value('pg_stat_user_tables_n_tup_ins', { datname, schemaname: 'public', relname: 'item' }),
      100,
      `${datname} exports its tables`
    )
  }
  t.equal(value('pg_stat_user_tables_n_tup_del', { datname: 'users', relname: 'item' }), 40)
  t.equal(
    value('pg_stat_user_tables_last_vacuum', { datname: 'users', relname: 'item' }),
    undefined,
    'the time is absent, not 0, for a table that was never vacuumed'
  )
  t.equal(value('pg_database_connection_limit', { datname: 'users' }), 7)
  t.equal(value('pg_settings_work_mem_bytes'), 12 * 1024 * 1024)
  t.equal(
    value('pg_static', { short_version: `${(await server.sql('postgres', "select current_setting('server_version') as v"))[0]?.v}.0` }),
    1
  )
  t.equal(value('pg_replication_is_replica'), 0)
  t.equal(value('pg_locks_count', { datname: 'labeler', mode: 'accessexclusivelock' }), 0)

  const [truth] = await server.sql(
    'postgres',
    `select
       pg_database_size('labeler')::float8 as size,
       (select deadlocks from pg_stat_database where datname = 'labeler')::float8 as deadlocks,
       (select count(*) from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$')::float8 as segments,
       (select count(*) from pg_stat_activity where datname is not null and usename = 'postgres' and pid <> pg_backend_pid())::float8 as sessions`
  )
  t.equal(value('pg_database_size_bytes', { datname: 'labeler' }), truth?.size)
  t.equal(value('pg_stat_database_deadlocks', { datname: 'labeler' }), truth?.deadlocks)
  t.equal(value('pg_wal_segments'), truth?.segments)
  // pgvitals polls several databases at the same time, so the number of its own sessions changes.
  const sessions = allOf(all, 'pg_stat_activity_count', { usename: 'postgres' }).reduce((sum, sample) => sum + sample.value, 0)
  t.equal(sessions, truth?.sessions, 'every session with a database is counted once')
  t.ok(allOf(all, 'pg_stat_statements_calls_total', { datname: 'users' }).length > 0)

  t.ok(exporter.isReady())
  t.ok(allOf(all, 'pgvitals_query_success').every((sample) => sample.value === 1))
  t.equal(allOf(all, 'pgvitals_query_success', { query: 'locks' }).length, 1, 'server-wide queries run once')
  t.equal(allOf(all, 'pgvitals_query_success', { query: 'stat_user_tables' }).length, 3, 'database-wide ones in every database')
  t.equal(value('pgvitals_sessions_open'), 1, 'only the main database keeps its session')
  t.ok(
    all.every(
      (sample) =>
        sample.labels.server === name || /^(pgvitals_build_info|pgvitals_config_|pgvitals_http_|process_|nodejs_)/.test(sample.name)
    ),
    'every sample has the label server'
  )
  t.equal(new Set(all.map(({ name, labels }) => name + JSON.stringify(labels))).size, all.length, 'no series is duplicated')
  t.equal(
    logged.filter((line) => new RegExp(`^server ${name}: \\d+ queries run: `).test(String(line.msg))).length,
    1,
    'one log line lists the queries that run'
  )
  t.notMatch(text, /secret/)
})

test('URLs of two servers result in two servers on one page, and each can be selected', async (t) => {
  const [first, second] = await Promise.all([sharedServer(), sharedServer(16)])
  const { exporter, samples } = makeExporter(
    { DATABASE_URL: first.url('postgres'), OTHER_DATABASE_URL: second.url('postgres') },
    { queries: ['static'] }
  )
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  for (const [server, major] of [
    [first, '18'],
    [second, '16']
  ] as const) {
    t.match(allOf(all, 'pg_static', { server: `127.0.0.1:${server.port}` }), [{ labels: { short_version: new RegExp(`^${major}\\.`) } }])
  }
  const one = String((await exporter.metrics({ server: `127.0.0.1:${second.port}` }))?.text)
  t.match(one, `pg_up{server="127.0.0.1:${second.port}"} 1`)
  t.notMatch(one, `127.0.0.1:${first.port}`)
  t.notMatch(one, /^process_/m)
  t.equal(await exporter.metrics({ server: 'nobody' }), undefined)
})

test('one server under two names is reported as a duplicate', async (t) => {
  const server = await sharedServer()
  const socket = `postgresql://postgres:secret@/postgres?host=${server.dataDirectory}&port=${server.port}`
  const { exporter, samples, logged } = makeExporter(
    { DATABASE_URL: server.url('postgres'), SOCKET_DATABASE_URL: socket },
    { queries: ['static'] }
  )
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  t.equal(
    sampleValue(all, 'pg_database_up', { server: `${server.dataDirectory}:${server.port}`, datname: 'postgres' }),
    1,
    'the socket of a server works'
  )
  t.same(
    allOf(all, 'pgvitals_server_duplicates').map(({ value }) => value),
    [1, 1]
  )
  t.same(
    allOf(all, 'pgvitals_server_identities').map(({ value }) => value),
    [1, 1]
  )
  t.match(logged.map((line) => line.msg).join('\n'), /are the same running server/)
})

test('a standby is identified, and its lag is not 0 after it loses its primary', async (t) => {
  const primary = await startServer({ major: 17 })
  t.teardown(() => primary.remove())
  await createTeamDatabases(primary)
  const standby = await startStandby(primary)
  t.teardown(() => standby.remove())
  const environment = {
    DATABASE_URL: primary.url('platform', 'pgvitals'),
    STANDBY_DATABASE_URL: standby.url('platform', 'pgvitals'),
    PGVITALS_QUERIES: everySecond
  }
  const whole = makeExporter(environment)
  t.teardown(() => whole.exporter.stop())
  await whole.exporter.pollOnce()
  t.ok(
    allOf(await whole.samples(), 'pgvitals_query_success').every(({ value }) => value === 1),
    'no query fails on a standby'
  )
  const { exporter, samples } = makeExporter(environment, { queries: ['replication', 'stat_replication'] })
  t.teardown(() => exporter.stop())
  await primary.sql('platform', 'insert into item values (1000)')
  const onStandby = { server: `127.0.0.1:${standby.port}` }
  await until('the standby has caught up', 20, async () => {
    await exporter.pollOnce()
    const now = await samples()
    const behind = allOf(now, 'pg_stat_replication_pg_wal_lsn_diff').map(({ value }) => value)
    return sampleValue(now, 'pg_replication_lag_seconds', onStandby) === 0 && behind.length === 1 && behind[0] === 0
  })
  const before = await samples()
  t.equal(sampleValue(before, 'pg_replication_is_replica', onStandby), 1)
  t.equal(sampleValue(before, 'pg_replication_lag_seconds', onStandby), 0)
  t.match(allOf(before, 'pg_stat_replication_pg_wal_lsn_diff'), [{ labels: { application_name: 'standby', state: 'streaming' }, value: 0 }])
  t.same(
    allOf(before, 'pgvitals_server_duplicates').map(({ value }) => value),
    [0, 0],
    'a standby is not a duplicate of its primary'
  )

  await primary.stop()
  await until('the lag grows although all received WAL is replayed', 10, async () => {
    await exporter.pollOnce()
    return (sampleValue(await samples(), 'pg_replication_lag_seconds', onStandby) ?? 0) > 1
  })
  t.equal(sampleValue(await samples(), 'pg_up', { server: `127.0.0.1:${primary.port}` }), 0)
})

test('an error while the page is rendered is logged with its stack, once', async (t) => {
  let isBroken = false
  const now = () => (isBroken ? (undefined as unknown as { now: () => number }).now() : performance.now())
  const { exporter, page, logged } = makeExporter({ DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/d' }, { clock: { now } })
  t.teardown(() => exporter.stop())
  isBroken = true
  for (let count = 0; count < 2; count++) await t.rejects(page(), TypeError)
  t.match(logged, [{ msg: /^cannot render the page: Cannot read properties of undefined/, stack: /TypeError: .*\n +at / }])
  t.equal(logged.length, 1)
})
