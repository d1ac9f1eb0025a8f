import pg from 'pg'
import { test } from 'tap'
import { until } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from '../page/parse-page.ts'
import { startServer, startStandby, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { pollSamples } = createPoller('postmaster', 'server_info', 'stat_database', 'stat_database_conflicts')

/** Reads on the standby, writes on the primary a change that conflicts with the reader, and waits until the reader is cancelled. */
async function conflict(standby: TestServer, primary: TestServer, reading: readonly string[], writing: readonly string[]): Promise<void> {
  const reader = new pg.Client(standby.url('users'))
  let isCancelled = false
  reader.on('error', () => {
    isCancelled = true
  })
  await reader.connect()
  for (const statement of reading) await reader.query(statement)
  await primary.sql('users', ...writing)
  await until('replay has cancelled the reader', 10, async () => {
    await reader.query('select').catch(() => {
      isCancelled = true
    })
    return isCancelled
  })
  await reader.end().catch(() => {})
}

for (const major of [13, 18] as const) {
  test(`a standby of PostgreSQL ${major} counts cancelled queries by cause, and has the role standby until its promotion`, async (t) => {
    const primary = await startServer({ major, flags: ['max_prepared_transactions=5', 'autovacuum=off'] })
    t.teardown(() => primary.remove())
    await createTeamDatabases(primary)
    await primary.sql(
      'postgres',
      "alter system set max_standby_streaming_delay = '0'",
      "alter system set deadlock_timeout = '50ms'",
      'alter system set allow_in_place_tablespaces = on'
    )
    await primary.sql('postgres', 'set allow_in_place_tablespaces = on', "create tablespace spare location ''")
    const standby = await startStandby(primary)
    t.teardown(() => standby.remove())

    await conflict(standby, primary, ['begin', 'select count(*) from item'], ['truncate item'])
    await primary.sql('users', 'insert into item select g from generate_series(1, 100) as g')
    await until('the rows are replayed', 10, async () => (await standby.sql('users', 'select from item')).length === 100)
    const snapshot = ['begin isolation level repeatable read', 'select count(*) from item']
    await conflict(standby, primary, snapshot, ['delete from item', 'vacuum item'])
    const sort = 'declare c cursor for select g from generate_series(1, 50000) as g'
    const spill = ["set temp_tablespaces = 'spare'", "set work_mem = '64kB'", 'begin', sort, 'fetch from c']
    await conflict(standby, primary, spill, ['drop tablespace spare'])

    // A cursor pins its page; its snapshot is newer than the dead rows.
    const deadRows = ['create table pinned as select generate_series(1, 100) as id', 'delete from pinned where id > 1']
    await primary.sql('users', ...deadRows, 'create table locked ()')
    const replayed = async (what: string) =>
      await until('the standby has replayed it', 10, async () => (await standby.sql('users', what).catch(() => [])).length === 1)
    await replayed('select from pinned')
    await conflict(standby, primary, ['begin', 'declare c cursor for select * from pinned', 'fetch from c'], ['vacuum freeze pinned'])

    // Replay holds the lock of a prepared transaction. A session that waits for it pins a page for which replay waits: a deadlock.
    await standby.sql('postgres', "alter system set max_standby_streaming_delay = '1min'", 'select pg_reload_conf()')
    await primary.sql('users', 'insert into pinned select generate_series(101, 200)', 'delete from pinned where id > 1')
    await primary.sql('users', "begin; lock table locked; prepare transaction 'lock'")
    await replayed("select from pg_locks where relation = 'locked'::regclass and mode = 'AccessExclusiveLock'")
    const waiter = new pg.Client(standby.url('users'))
    waiter.on('error', () => {})
    await waiter.connect()
    await waiter.query('begin; declare c cursor for select * from pinned; fetch from c')
    const waits = t.rejects(waiter.query('select from locked'), { code: '40001' })
    await replayed('select from pg_locks where not granted')
    await primary.sql('users', 'vacuum freeze pinned')
    await waits
    await waiter.end().catch(() => {})
    await primary.sql('users', "rollback prepared 'lock'")

    let all: readonly PageSample[] = []
    const conflicts = (name: string) => sampleValue(all, name, { datname: 'users' })
    await until('the statistics have arrived', 10, async () => {
      all = await pollSamples(standby)
      return sampleValue(all, 'pg_stat_database_conflicts', { datname: 'users' }) === 5
    })
    t.equal(conflicts('pg_stat_database_conflicts_confl_lock'), 1)
    t.equal(conflicts('pg_stat_database_conflicts_confl_snapshot'), 1)
    t.equal(conflicts('pg_stat_database_conflicts_confl_tablespace'), 1)
    t.equal(conflicts('pg_stat_database_conflicts_confl_bufferpin'), 1)
    t.equal(conflicts('pg_stat_database_conflicts_confl_deadlock'), 1)
    t.equal(conflicts('pg_stat_database_conflicts_confl_active_logicalslot'), major >= 16 ? 0 : undefined)
    t.equal(sampleValue(all, 'pg_stat_database_conflicts', { datname: 'users' }), 5, 'the sum of all causes')
    const onPrimary = await pollSamples(primary)
    t.equal(sampleValue(onPrimary, 'pg_stat_database_conflicts_confl_lock', { datname: 'users' }), 0, 'a primary has the series too')

    const [identity] = await primary.sql('postgres', 'select system_identifier::text as id from pg_control_system()')
    const [version] = String((await primary.sql('postgres', 'show server_version'))[0]?.server_version).split(' ')
    const info = (samples: readonly PageSample[]) => allOf(samples, 'pg_server_info').map(({ labels: { server, ...labels } }) => labels)
    const same = { version, system_identifier: identity?.id }
    t.same(info(onPrimary), [{ ...same, role: 'primary', timeline: '1' }])
    t.same(info(all), [{ ...same, role: 'standby', timeline: '1' }])
    t.equal(sampleValue(onPrimary, 'pg_postmaster_in_recovery'), 0)
    t.equal(sampleValue(all, 'pg_postmaster_in_recovery'), 1)
    await standby.sql('postgres', 'select pg_promote()')
    const promoted = await pollSamples(standby)
    t.same(info(promoted), [{ ...same, role: 'primary', timeline: '2' }], 'a promoted standby is a primary on its own timeline')
    t.equal(sampleValue(promoted, 'pg_postmaster_in_recovery'), 0)
  })
}
