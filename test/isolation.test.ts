import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { test } from 'tap'
import { everySecond, makeExporter, until } from './exporter/run-exporter.ts'
import { allOf, sampleValue } from './page/parse-page.ts'
import { startCounter } from './server/start-counter.ts'
import { freePort, startServer } from './servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from './servers/team-databases.ts'

test('isolation', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)

  t.test('a wrong password affects only the metrics of its database', async (t) => {
    const environment = { ...teamEnvironment(server, 'pgvitals'), LABELER_DATABASE_URL: server.url('labeler', 'pgvitals', 'wrong') }
    const { exporter, samples, logged } = makeExporter(environment)
    t.teardown(() => exporter.stop())
    await exporter.pollOnce()
    const all = await samples()
    t.equal(sampleValue(all, 'pg_up'), 1)
    t.equal(sampleValue(all, 'pg_database_up', { datname: 'labeler' }), 0)
    t.equal(sampleValue(all, 'pg_database_info', { datname: 'labeler' }), 1, 'rules can still join the database')
    t.ok((sampleValue(all, 'pgvitals_errors_total', { datname: 'labeler', class: 'auth' }) ?? 0) > 0)
    t.equal(sampleValue(all, 'pgvitals_query_success', { datname: 'labeler', query: '' }), 0)
    const others = allOf(all, 'pgvitals_query_success').filter(({ labels }) => labels.datname !== 'labeler')
    t.ok(others.length > 10)
    t.same(
      others.filter(({ value }) => value !== 1),
      []
    )
    t.match(
      logged.find(({ class: errorClass }) => errorClass === 'auth')?.msg,
      /cannot connect: password authentication failed for user "pgvitals" \(28P01\)/
    )
  })

  t.test('a wrong password is not retried soon, an unreachable server is', async (t) => {
    const down = await freePort()
    const environment = {
      DATABASE_URL: server.url('labeler', 'pgvitals', 'wrong'),
      OTHER_DATABASE_URL: `postgresql://u:p@127.0.0.1:${down}/x`,
      PGVITALS_QUERIES: everySecond
    }
    const { exporter, samples } = makeExporter(environment, { queries: ['stat_user_tables'] })
    t.teardown(() => exporter.stop())
    await exporter.start()
    await until(
      'the unreachable server was tried five times',
      10,
      async () => (sampleValue(await samples(), 'pgvitals_errors_total', { class: 'network' }) ?? 0) >= 5
    )
    t.equal(sampleValue(await samples(), 'pgvitals_errors_total', { class: 'auth' }), 1)
  })

  t.test('a wrong password is tried once for all databases that share it, and again for all once it works', async (t) => {
    const counter = await startCounter(server.port)
    t.teardown(() => counter.close())
    const names = ['platform', 'users', 'labeler', 'postgres', 'template1']
    const urls = names.map((name) => `postgresql://labeler_owner:changed@127.0.0.1:${counter.port}/${name}?sslmode=disable`)
    await server.sql('postgres', ...names.map((name) => `grant connect on database ${name} to labeler_owner`))
    const { exporter, samples } = makeExporter(
      {
        ...Object.fromEntries(urls.map((url, index) => [`_${index}_DATABASE_URL`, url])),
        OTHER_DATABASE_URL: server.url('platform', 'pgvitals'),
        PGVITALS_QUERIES: everySecond
      },
      { queries: ['stat_user_tables'] }
    )
    t.teardown(() => exporter.stop())
    await exporter.start()
    const where = { server: `127.0.0.1:${counter.port}` }
    const states = async (value: number) =>
      allOf(await samples(), 'pg_database_up', where).filter((sample) => sample.value === value).length
    await until('all are down', 10, async () => (await states(0)) === 5)
    t.equal(allOf(await samples(), 'pgvitals_database_state', { ...where, reason: 'auth' }).length, 5)
    const polls = async () => sampleValue(await samples(), 'pgvitals_polls_total', { server: `127.0.0.1:${server.port}` }) ?? 0
    const before = await polls()
    await until('the other server was polled three times more', 10, async () => (await polls()) >= before + 3)
    t.equal(counter.count(), 1)
    t.same(
      allOf(await samples(), 'pgvitals_errors_total', { class: 'auth' }).map(({ value }) => value),
      [1]
    )
    await server.sql('postgres', "alter role labeler_owner password 'changed'")
    t.teardown(() => server.sql('postgres', "alter role labeler_owner password 'secret'"))
    await until('the next attempt succeeds', 20, async () => (await states(1)) > 0)
    await until('the other databases follow at once', 12, async () => (await states(1)) === 5)
  })

  t.test('another database runs the server-wide queries while the main database is unreachable', async (t) => {
    const environment = { ...teamEnvironment(server, 'pgvitals'), DATABASE_URL: server.url('platform', 'pgvitals', 'wrong') }
    const { exporter, samples } = makeExporter(environment, { queries: ['stat_database'] })
    t.teardown(() => exporter.stop())
    await exporter.pollOnce()
    const all = await samples()
    t.equal(sampleValue(all, 'pg_database_up', { datname: 'platform' }), 0)
    t.equal(sampleValue(all, 'pgvitals_query_success', { query: 'stat_database' }), 1)
    t.ok(sampleValue(all, 'pg_stat_database_numbackends', { datname: 'platform' }) !== undefined)
  })

  t.test('an exclusively locked table neither delays nor fails the polls', async (t) => {
    const locker = new pg.Client(server.url('labeler'))
    const waiter = new pg.Client(server.url('labeler'))
    await Promise.all([locker.connect(), waiter.connect()])
    await locker.query('begin')
    await locker.query('lock table item in access exclusive mode')
    const waiting = waiter.query('select count(*) from item')
    const { exporter, samples } = makeExporter(teamEnvironment(server, 'pgvitals'))
    t.teardown(async () => {
      await exporter.stop()
      await locker.end()
      await waiting
      await waiter.end()
    })
    await exporter.pollOnce()
    const all = await samples()
    t.ok(allOf(all, 'pgvitals_query_success').every(({ value }) => value === 1))
    t.equal(sampleValue(all, 'pg_locks_count', { datname: 'labeler', mode: 'accessexclusivelock' }), 1)
    t.equal(
      sampleValue(all, 'pg_stat_user_tables_table_size_bytes', { datname: 'labeler', relname: 'item' }),
      undefined,
      'its size is absent'
    )
    t.ok((sampleValue(all, 'pg_stat_user_tables_table_size_bytes', { datname: 'users', relname: 'item' }) ?? 0) > 0)
    t.equal(sampleValue(all, 'pg_stat_user_tables_n_tup_ins', { datname: 'labeler', relname: 'item' }), 100)
    t.ok((sampleValue(all, 'pg_stat_activity_max_tx_duration', { datname: 'labeler', state: 'idle in transaction' }) ?? 0) > 0)
  })

  t.test('hostile names and results cost exactly their own samples', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'pgvitals-queries-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const write = (name: string, sql: string) =>
      writeFileSync(
        join(folder, `${name}.sql`),
        `-- A query of a user.\n--\n-- scope: database\n-- rows: 5\n-- label a\n-- gauge b: B.\n${sql};\n`
      )
    write('good', "select 'x' as a, 1 as b")
    write('twice', "select 'x' as a, b from (values (1), (2)) as v (b)")
    write('many', 'select g::text as a, g as b from generate_series(1, 8) as g')
    write('words', "select a, a as b from (values ('7'), ('seven')) as v (a)")
    write('surplus', "select 'x' as a, 1 as b, 2 as c")
    write('broken', 'select nothing as a, 1 as b')
    write('slow', "select 'x' as a, pg_sleep(60)::text as b")
    await server.sql('users', `create table "quo""te \\ \n{}" (id int)`)
    const tuning = '{ slow: { timeout: 1s } }'
    const { exporter, page, samples } = makeExporter(
      { ...teamEnvironment(server, 'pgvitals'), PGVITALS_QUERIES_DIR: folder, PGVITALS_QUERIES: tuning },
      { queries: ['good', 'twice', 'many', 'words', 'surplus', 'broken', 'slow', 'stat_user_tables'] }
    )
    t.teardown(() => exporter.stop())
    await exporter.pollOnce()
    t.match(await page(), 'relname="quo\\"te \\\\ \\n{}"')
    const all = await samples()
    const labels = { datname: 'users' }
    t.equal(sampleValue(all, 'pg_good_b', labels), 1)
    t.equal(sampleValue(all, 'pg_twice_b', labels), 1, 'the first of two duplicates remains')
    t.equal(allOf(all, 'pg_many_b', labels).length, 5)
    t.same(
      allOf(all, 'pg_words_b', labels).map(({ value }) => value),
      [7]
    )
    for (const [query, reason, dropped] of [
      ['twice', 'duplicate', 1],
      ['many', 'rows', 3],
      ['words', 'illegal', 1]
    ] as const) {
      t.equal(sampleValue(all, 'pgvitals_samples_dropped_total', { ...labels, query, reason }), dropped, `${query} is counted`)
      t.equal(sampleValue(all, 'pgvitals_query_success', { ...labels, query }), 1)
    }
    for (const query of ['surplus', 'broken', 'slow'])
      t.equal(sampleValue(all, 'pgvitals_query_success', { ...labels, query }), 0, `${query} fails`)
    t.equal(sampleValue(all, 'pgvitals_errors_total', { ...labels, class: 'schema' }), 2)
    t.equal(sampleValue(all, 'pgvitals_errors_total', { ...labels, class: 'timeout' }), 1)
    t.equal(sampleValue(all, 'pg_stat_user_tables_n_tup_ins', { ...labels, relname: 'item' }), 100, 'the built-in queries continue')
  })

  t.test("an extension is found in any schema, and an operator that the schema's owner planted does not run", async (t) => {
    await server.sql(
      'platform',
      'drop extension pg_stat_statements',
      'create schema "my ext"',
      'grant usage on schema "my ext" to pgvitals',
      'create extension pg_stat_statements schema "my ext"'
    )
    await server.sql(
      'platform',
      'create table planted (by_role text)',
      'grant insert on planted to public',
      `create function "my ext".evil(float8, int) returns float8 language plpgsql as 'begin insert into public.planted values (current_user); return 0; end'`,
      'create operator "my ext"./ (leftarg = float8, rightarg = int, function = "my ext".evil)'
    )
    const { exporter, samples } = makeExporter(teamEnvironment(server, 'pgvitals'), {
      queries: ['stat_statements', 'stat_statements_entries', 'stat_statements_info', 'stat_statements_query_id']
    })
    t.teardown(() => exporter.stop())
    await exporter.pollOnce()
    const all = await samples()
    t.equal(sampleValue(all, 'pgvitals_query_success', { query: 'stat_statements' }), 1)
    t.ok(allOf(all, 'pg_stat_statements_seconds_total').length > 0)
    t.same(await server.sql('platform', 'select * from planted'), [])
  })

  t.test('a grant takes effect at the next poll cycle', async (t) => {
    await server.sql('postgres', 'revoke pg_monitor from pgvitals')
    t.teardown(() => server.sql('postgres', 'grant pg_monitor to pgvitals'))
    const { exporter, samples, logged } = makeExporter(
      { ...teamEnvironment(server, 'pgvitals'), PGVITALS_QUERIES: everySecond },
      { queries: ['connections', 'stat_user_tables', 'wal'] }
    )
    t.teardown(() => exporter.stop())
    await exporter.start()
    await until('the first polls are done', 5, () => exporter.isReady())
    t.same(allOf(await samples(), 'pg_wal_segments'), [])
    await server.sql('postgres', 'grant pg_monitor to pgvitals')
    await until('the WAL directory is visible', 5, async () => allOf(await samples(), 'pg_wal_segments').length === 1)
    await server.sql('postgres', 'revoke pg_monitor from pgvitals')
    await until('it is invisible at once', 5, async () => allOf(await samples(), 'pg_wal_segments').length === 0)
    await until('each change is one log line', 5, () => logged.filter(({ msg }) => String(msg).includes('queries run')).length === 3)
  })
})
