import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import pg from 'pg'
import { test } from 'tap'
import { makeExporter, until } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from '../page/parse-page.ts'
import { startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'

/** What one poll of this server says, through the database `platform`, so that the others see no session of ours. */
async function poll(server: TestServer): Promise<readonly PageSample[]> {
  const { exporter, samples } = makeExporter({ DATABASE_URL: server.url('platform', 'pgvitals') })
  await exporter.pollOnce()
  const all = await samples()
  await exporter.stop()
  return all
}

async function connect(server: TestServer, database: string): Promise<pg.Client> {
  const client = new pg.Client(server.url(database))
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Writes into the first page of a relation while the server is down, so that its checksum is wrong. */
async function breakPages(server: TestServer, database: string, ...relations: readonly string[]): Promise<void> {
  const names = relations.map((relation) => `'${relation}'`).join(', ')
  const rows = await server.sql(
    database,
    'checkpoint',
    `select pg_relation_filepath(name::regclass) as path from unnest(array[${names}]) as name`
  )
  await server.stop()
  for (const { path } of rows) {
    const file = openSync(join(server.dataDirectory, String(path)), 'r+')
    writeSync(file, 'broken', 4000)
    closeSync(file)
  }
  await server.start()
}

for (const major of [14, 18] as const) {
  test(`PostgreSQL ${major} counts sessions by their end, and their time by what they did`, async (t) => {
    const server = await startServer({ major })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const value = (all: readonly PageSample[], column: string) =>
      sampleValue(all, `pg_stat_database_${column}_total`, { datname: 'users' }) ?? Number.NaN
    let first: readonly PageSample[] = []
    await until('the one session that made the table is counted', 10, async () => {
      first = await poll(server)
      return value(first, 'sessions') === 1
    })
    const [killed, abandoned, failed] = [await connect(server, 'users'), await connect(server, 'users'), await connect(server, 'users')]
    await killed.query('begin')
    await Promise.all([abandoned.query('select pg_sleep(0.3)'), failed.query("set idle_in_transaction_session_timeout = '300ms'")])
    await killed.query('commit')
    await failed.query('begin')
    await new Promise((resolve) => failed.once('end', resolve))
    abandoned.connection.stream.destroy()
    await server.sql(
      'postgres',
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'users' and pid <> pg_backend_pid()`
    )

    let last: readonly PageSample[] = []
    const moved = (column: string) => value(last, column) - value(first, column)
    await until('the statistics of ended sessions have arrived', 10, async () => {
      last = await poll(server)
      return moved('sessions_killed') + moved('sessions_abandoned') + moved('sessions_fatal') >= 3
    })
    t.equal(moved('sessions'), 3)
    t.equal(moved('sessions_killed'), 1)
    t.equal(moved('sessions_abandoned'), 1)
    t.equal(moved('sessions_fatal'), 1)
    const isBetween = (column: string, least: number, most: number) =>
      t.ok(moved(column) >= least && moved(column) < most, `${column}: ${moved(column)} s`)
    isBetween('active_time_seconds', 0.3, 3)
    isBetween('idle_in_transaction_time_seconds', 0.25, 3)
    isBetween('session_time_seconds', 0.9, 20)
    t.equal(
      allOf(last, 'pg_stat_database_parallel_workers_launched_total').length > 0,
      major >= 18,
      'parallel workers are counted from 18 on'
    )

    await server.sql('postgres', 'create database fresh', 'alter system set track_activities = off', 'select pg_reload_conf()')
    await after(100)
    const unmeasured = await poll(server)
    for (const column of ['active_time', 'idle_in_transaction_time']) {
      const name = `pg_stat_database_${column}_seconds_total`
      t.equal(sampleValue(unmeasured, name, { datname: 'fresh' }), undefined, `${column} that is not measured is absent, not 0`)
      t.ok((sampleValue(unmeasured, name, { datname: 'users' }) ?? 0) > 0, 'what was measured before stays')
    }
    t.equal(sampleValue(unmeasured, 'pg_stat_database_sessions_total', { datname: 'fresh' }), 0)
  })
}

test('wrong checksums are counted, those of the shared catalogs apart, and parallel workers too', async (t) => {
  const server = await startServer({ major: 18 })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const first = await poll(server)
  const value = (all: readonly PageSample[], column: string) => sampleValue(all, `pg_stat_database_${column}`, { datname: 'users' })
  const shared = (all: readonly PageSample[]) => sampleValue(all, 'pg_stat_database_shared_checksum_failures_total')
  t.equal(value(first, 'parallel_workers_launched_total'), 0)
  t.equal(value(first, 'checksum_failures_total'), 0)
  t.equal(value(first, 'checksum_last_failure_timestamp_seconds'), undefined, 'never is absent')
  t.equal(shared(first), 0)

  await server.sql('users', 'set debug_parallel_query = on', 'select count(*) from item')
  await breakPages(server, 'users', 'item', 'pg_shdescription')
  await t.rejects(server.sql('users', 'select count(*) from item'), /invalid page/)
  await t.rejects(server.sql('users', 'select count(*) from pg_shdescription'), /invalid page/)
  const last = await poll(server)
  t.equal(value(last, 'parallel_workers_to_launch_total'), 1)
  t.equal(value(last, 'parallel_workers_launched_total'), 1)
  t.equal(value(last, 'checksum_failures_total'), 1)
  t.equal(shared(last), 1)
  for (const name of ['pg_stat_database', 'pg_stat_database_shared']) {
    const [failure] = allOf(last, `${name}_checksum_last_failure_timestamp_seconds`)
    t.ok(Math.abs((failure?.value ?? 0) - Date.now() / 1000) < 20, `${name}: the last failure was just now`)
  }
})

for (const major of [13, 18] as const) {
  test(`what databases allow and how old they are, on PostgreSQL ${major}`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum=off'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const before = await poll(server)
    await server.sql(
      'postgres',
      'create database dropped',
      "update pg_database set datconnlimit = -2 where datname = 'dropped'",
      'create database model is_template true',
      'alter database labeler allow_connections false'
    )
    await server.sql('users', 'do $$begin for i in 1..500 loop perform txid_current(); commit; end loop; end$$')
    const [one, other] = [await connect(server, 'users'), await connect(server, 'users')]
    for (const client of [one, other]) await client.query('begin; select from item where id = 1 for share')
    await Promise.all([one.end(), other.end()])
    const all = await poll(server)
    const value = (name: string, datname: string) => sampleValue(all, `pg_database_${name}`, { datname })
    const moved = (name: string, datname: string) =>
      (value(name, datname) ?? Number.NaN) - (sampleValue(before, `pg_database_${name}`, { datname }) ?? Number.NaN)

    t.ok(moved('xid_age', 'template0') >= 500 && moved('xid_age', 'template0') < 600, 'template0 ages with the others')
    t.equal(moved('xids_left', 'users'), -moved('xid_age', 'users'))
    t.equal(moved('multixact_age', 'users'), 1)
    t.equal(moved('multixacts_left', 'users'), -1)
    const [truth] = await server.sql('postgres', "select age(datfrozenxid) as xids from pg_database where datname = 'users'")
    t.equal(value('xid_age', 'users'), truth?.xids)
    t.equal(value('xids_left', 'users'), 2 ** 31 - 1 - 3_000_000 - Number(truth?.xids))
    t.equal(value('wraparound_age_datfrozenxid_seconds', 'users'), truth?.xids, 'the inherited name has the same number')
    t.equal(moved('wraparound_age_datminmxid_seconds', 'users'), 1)
    t.equal(value('wraparound_age_datfrozenxid_seconds', 'template0'), undefined, 'and, as in postgres_exporter, no template0')

    t.equal(value('is_template', 'model'), 1)
    t.equal(value('is_template', 'users'), 0)
    t.equal(value('allows_connections', 'labeler'), 0)
    t.equal(value('allows_connections', 'users'), 1)
    t.equal(value('is_invalid', 'dropped'), 1)
    t.equal(value('is_invalid', 'users'), 0)
    t.equal(value('connection_limit', 'dropped'), undefined, 'the mark of an invalid database is no limit')
    t.equal(value('connection_limit', 'users'), -1)
    if (major < 18) {
      t.same(allOf(all, 'pg_stat_database_checksum_failures_total'), [], 'a cluster without checksums has no failures to count')
      t.same(allOf(all, 'pg_stat_database_shared_checksum_failures_total'), [])
    }
  })
}
