import pg from 'pg'
import { test } from 'tap'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { pollUntil } = createPoller('stat_database')

for (const major of [13, 18] as const) {
  test(`counters of a database count its work on PostgreSQL ${major}`, async (t) => {
    const server = await startServer({ major, flags: ['track_io_timing=on', 'deadlock_timeout=50ms'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const at = { datname: 'labeler' }
    // The statistics of the preparation are late too.
    const before = await pollUntil(server, (result) => (result.value('pg_stat_database_tup_inserted', at) ?? 0) >= 100)
    const start = (name: string) => before.value(name, at) ?? 0

    const [first, second] = [new pg.Client(server.url('labeler')), new pg.Client(server.url('labeler'))]
    for (const client of [first, second]) client.on('error', () => {})
    await Promise.all([first.connect(), second.connect()])

    // A sort that exceeds work_mem, and inserted, updated and deleted rows.
    await first.query("set work_mem = '64kB'; select g from generate_series(1, 50000) as g order by g::text")
    await first.query('insert into item select g from generate_series(1001, 1030) as g')
    await first.query('update item set note = note || $$y$$ where id > 1020; delete from item where id > 1025')
    await first.query('begin; insert into item values (9999); rollback')

    // Each session locks the row that the other one updates next.
    await first.query('begin')
    await second.query('begin')
    await first.query('update item set note = $$a$$ where id = 1')
    await second.query('update item set note = $$b$$ where id = 2')
    const outcomes = await Promise.allSettled([
      first.query('update item set note = $$a$$ where id = 2'),
      second.query('update item set note = $$b$$ where id = 1')
    ])
    t.match(
      outcomes.filter(({ status }) => status === 'rejected').map((outcome) => 'reason' in outcome && outcome.reason.code),
      ['40P01']
    )
    await Promise.all([first.query('rollback'), second.query('rollback')])

    // A session reports its statistics at most twice a second, at the end of a statement.
    for (const client of [first, second]) await client.query('select pg_sleep(0.6)')
    for (const client of [first, second]) await client.query('select 1')
    const { value } = await pollUntil(server, (result) => {
      const now = (name: string) => (result.value(name, at) ?? 0) - start(name)
      return now('pg_stat_database_deadlocks') === 1 && now('pg_stat_database_tup_deleted') >= 5 && now('pg_stat_database_temp_files') >= 1
    })
    const moved = (name: string) => (value(name, at) ?? 0) - start(name)
    t.equal(moved('pg_stat_database_deadlocks'), 1)
    t.ok(
      moved('pg_stat_database_temp_files') >= 1 && moved('pg_stat_database_temp_bytes') > 100_000,
      `${moved('pg_stat_database_temp_bytes')} bytes in ${moved('pg_stat_database_temp_files')} files`
    )
    t.equal(moved('pg_stat_database_tup_inserted'), 31, 'one of them rolled back')
    t.equal(moved('pg_stat_database_tup_updated'), 10 + 3, 'three of them around the deadlock')
    t.equal(moved('pg_stat_database_tup_deleted'), 5)
    t.equal(moved('pg_stat_database_xact_rollback'), 3)
    t.ok(moved('pg_stat_database_xact_commit') >= 3)
    t.ok(moved('pg_stat_database_blks_hit') > 0)
    t.equal(value('pg_stat_database_numbackends', at), 2)
    const milliseconds = value('pg_stat_database_blk_read_time', at)
    t.equal(
      value('pg_stat_database_blk_read_seconds_total', at),
      (milliseconds ?? -1) / 1000,
      'the inherited family is in milliseconds, the other one in seconds'
    )

    // PostgreSQL 13 reports the creation of a database as a reset.
    if (major === 18) t.equal(value('pg_stat_database_stats_reset', at), undefined, 'absent without a reset')
    const now = Date.now() / 1000
    await Promise.all([first.end(), second.end()])
    await server.sql('labeler', 'select pg_stat_reset()')
    const reset = await pollUntil(server, (result) => result.value('pg_stat_database_deadlocks', at) === 0)
    t.equal(reset.value('pg_stat_database_deadlocks', at), 0, 'a reset sets the counters to 0')
    const resetAt = reset.value('pg_stat_database_stats_reset', at) ?? 0
    t.ok(resetAt >= now - 1 && resetAt < now + 20, 'and is exported with its time')

    await server.sql('postgres', 'drop database labeler with (force)', 'create database labeler owner labeler_owner')
    const recreated = await pollUntil(server, (result) => result.value('pg_stat_database_stats_reset', at) === undefined)
    t.equal(recreated.value('pg_stat_database_deadlocks', at), 0, 'a dropped and recreated database counts from 0')
    t.equal(recreated.value('pg_stat_database_stats_reset', at), undefined, 'and was never reset')
  })
}
