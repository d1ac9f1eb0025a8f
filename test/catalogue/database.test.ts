import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import pg from 'pg'
import { test } from 'tap'
import { until } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from '../page/parse-page.ts'
import { startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { pollSamples } = createPoller('database', 'database_size', 'database_wraparound', 'stat_database', 'stat_database_shared')

async function connect(server: TestServer, database: string): Promise<pg.Client> {
  const client = new pg.Client(server.url(database))
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Overwrites a part of the first page of a relation while the server is down, so that its checksum fails. */
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
  test(`PostgreSQL ${major} counts sessions by their end, and their time by state`, async (t) => {
    const server = await startServer({ major })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const value = (all: readonly PageSample[], name: string) => sampleValue(all, name, { datname: 'users' }) ?? Number.NaN
    let first: readonly PageSample[] = []
    await until('the session that created the table is counted', 10, async () => {
      first = await pollSamples(server)
      return value(first, 'pg_stat_database_sessions_total') === 1
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
    const moved = (name: string) => value(last, name) - value(first, name)
    await until('the statistics of ended sessions have arrived', 10, async () => {
      last = await pollSamples(server)
      return (
        moved('pg_stat_database_sessions_killed_total') +
          moved('pg_stat_database_sessions_abandoned_total') +
          moved('pg_stat_database_sessions_fatal_total') >=
        3
      )
    })
    t.equal(moved('pg_stat_database_sessions_total'), 3)
    t.equal(moved('pg_stat_database_sessions_killed_total'), 1)
    t.equal(moved('pg_stat_database_sessions_abandoned_total'), 1)
    t.equal(moved('pg_stat_database_sessions_fatal_total'), 1)
    const isBetween = (name: string, least: number, most: number) =>
      t.ok(moved(name) >= least && moved(name) < most, `${name}: ${moved(name)} s`)
    isBetween('pg_stat_database_active_time_seconds_total', 0.3, 3)
    isBetween('pg_stat_database_idle_in_transaction_time_seconds_total', 0.25, 3)
    isBetween('pg_stat_database_session_time_seconds_total', 0.9, 20)
    t.equal(
      allOf(last, 'pg_stat_database_parallel_workers_launched_total').length > 0,
      major >= 18,
      'parallel workers are counted from PostgreSQL 18 on'
    )

    await server.sql('postgres', 'create database fresh', 'alter system set track_activities = off', 'select pg_reload_conf()')
    await after(100)
    const unmeasured = await pollSamples(server)
    for (const name of ['pg_stat_database_active_time_seconds_total', 'pg_stat_database_idle_in_transaction_time_seconds_total']) {
      t.equal(sampleValue(unmeasured, name, { datname: 'fresh' }), undefined, `${name} is absent, not 0, while it is not measured`)
      t.equal(sampleValue(unmeasured, name, { datname: 'users' }), undefined, 'absent, not constant, where it was measured before')
    }
    t.equal(sampleValue(unmeasured, 'pg_stat_database_sessions_total', { datname: 'fresh' }), 0)
  })
}

test('checksum failures of databases and of shared catalogs are counted separately, and parallel workers are counted', async (t) => {
  const server = await startServer({ major: 18 })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const first = await pollSamples(server)
  const value = (all: readonly PageSample[], name: string) => sampleValue(all, name, { datname: 'users' })
  const shared = (all: readonly PageSample[]) => sampleValue(all, 'pg_stat_database_shared_checksum_failures_total')
  t.equal(value(first, 'pg_stat_database_parallel_workers_launched_total'), 0)
  t.equal(value(first, 'pg_stat_database_checksum_failures_total'), 0)
  t.equal(value(first, 'pg_stat_database_checksum_last_failure_timestamp_seconds'), undefined, 'absent without a failure')
  t.equal(shared(first), 0)

  await server.sql('users', 'set debug_parallel_query = on', 'select count(*) from item')
  await breakPages(server, 'users', 'item', 'pg_shdescription')
  await t.rejects(server.sql('users', 'select count(*) from item'), /invalid page/)
  await t.rejects(server.sql('users', 'select count(*) from pg_shdescription'), /invalid page/)
  const last = await pollSamples(server)
  t.equal(value(last, 'pg_stat_database_parallel_workers_to_launch_total'), 1)
  t.equal(value(last, 'pg_stat_database_parallel_workers_launched_total'), 1)
  t.equal(value(last, 'pg_stat_database_checksum_failures_total'), 1)
  t.equal(shared(last), 1)
  for (const name of [
    'pg_stat_database_checksum_last_failure_timestamp_seconds',
    'pg_stat_database_shared_checksum_last_failure_timestamp_seconds'
  ]) {
    const [failure] = allOf(last, name)
    t.ok(Math.abs((failure?.value ?? 0) - Date.now() / 1000) < 20, `${name} is a few seconds ago`)
  }
})

for (const major of [13, 18] as const) {
  test(`connection rules and ages of databases on PostgreSQL ${major}`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum=off'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const before = await pollSamples(server)
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
    const all = await pollSamples(server)
    const value = (name: string, datname: string) => sampleValue(all, name, { datname })
    const moved = (name: string, datname: string) =>
      (value(name, datname) ?? Number.NaN) - (sampleValue(before, name, { datname }) ?? Number.NaN)

    t.ok(moved('pg_database_xid_age', 'template0') >= 500 && moved('pg_database_xid_age', 'template0') < 600, 'template0 ages too')
    t.equal(moved('pg_database_xids_left', 'users'), -moved('pg_database_xid_age', 'users'))
    t.equal(moved('pg_database_multixact_age', 'users'), 1)
    t.equal(moved('pg_database_multixacts_left', 'users'), -1)
    const [truth] = await server.sql('postgres', "select age(datfrozenxid) as xids from pg_database where datname = 'users'")
    t.equal(value('pg_database_xid_age', 'users'), truth?.xids)
    t.equal(value('pg_database_xids_left', 'users'), 2 ** 31 - 1 - 3_000_000 - Number(truth?.xids))
    t.equal(value('pg_database_wraparound_age_datfrozenxid_seconds', 'users'), truth?.xids, 'the inherited name has the same value')
    t.equal(moved('pg_database_wraparound_age_datminmxid_seconds', 'users'), 1)
    t.equal(value('pg_database_wraparound_age_datfrozenxid_seconds', 'template0'), undefined, 'the inherited family omits template0')

    t.equal(value('pg_database_is_template', 'model'), 1)
    t.equal(value('pg_database_is_template', 'users'), 0)
    t.equal(value('pg_database_allows_connections', 'labeler'), 0)
    t.equal(value('pg_database_allows_connections', 'users'), 1)
    t.equal(value('pg_database_is_invalid', 'dropped'), 1)
    t.equal(value('pg_database_is_invalid', 'users'), 0)
    t.equal(value('pg_database_size_bytes', 'dropped'), undefined, 'absent, because its files may be incomplete')
    t.ok((value('pg_database_size_bytes', 'users') ?? 0) > 1e6)
    t.equal(value('pg_database_connection_limit', 'dropped'), undefined, 'the mark of an invalid database is not a limit')
    t.equal(value('pg_database_connection_limit', 'users'), -1)
    if (major < 18) {
      t.same(allOf(all, 'pg_stat_database_checksum_failures_total'), [], 'absent in a cluster without checksums')
      t.same(allOf(all, 'pg_stat_database_shared_checksum_failures_total'), [])
    }
  })
}
