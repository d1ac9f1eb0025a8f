import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { until } from '../exporter/run-exporter.ts'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { agreeWithServer, pollServer, pollUntil } = createPoller(
  'control_checkpoint',
  'stat_bgwriter',
  'stat_checkpointer',
  'stat_io',
  'stat_wal',
  'wal_position'
)

const load = 'create table load as select g as id, repeat(md5(g::text), 10) as note from generate_series(1, 5000) as g'

for (const major of [13, 17, 18] as const) {
  test(`PostgreSQL ${major} counts requested checkpoints, and the WAL since the last one falls with each`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum=off', 'fsync=on'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    // The checkpointer reports its last work a moment later, which must not be after the reset.
    await server.sql('platform', 'checkpoint', 'select pg_sleep(1)', "select pg_stat_reset_shared('bgwriter')")
    if (major >= 17) await server.sql('platform', "select pg_stat_reset_shared('checkpointer')")
    const requested = 'pg_stat_checkpointer_num_requested_total'
    await pollUntil(server, ({ value }) => value(requested) === 0)
    await server.sql('platform', load, ...Array.from({ length: 3 }, () => 'insert into load select * from load'))
    const dirty = await pollServer(server)
    t.ok((dirty.value('pg_control_checkpoint_wal_since_redo_bytes') ?? 0) > 1_500_000)
    await server.sql('platform', 'checkpoint', 'checkpoint')
    const clean = await pollUntil(server, ({ value }) => value(requested) === 2)
    t.equal(clean.value(requested), 2)
    t.equal(clean.value('pg_stat_bgwriter_checkpoints_req_total'), 2, 'the inherited name has the same value')
    t.equal(clean.value('pg_stat_checkpointer_num_done_total'), major === 18 ? 2 : undefined)
    const view = major >= 17 ? 'pg_stat_checkpointer' : 'pg_stat_bgwriter'
    const [written, write, sync] =
      major >= 17 ? ['buffers_written', 'write_time', 'sync_time'] : ['buffers_checkpoint', 'checkpoint_write_time', 'checkpoint_sync_time']
    const { value } = await agreeWithServer(t, server, {
      from: view,
      metrics: {
        pg_stat_checkpointer_buffers_written_total: `${written}`,
        pg_stat_checkpointer_write_time_total: `${write}`,
        pg_stat_checkpointer_sync_time_total: `${sync}`,
        pg_stat_checkpointer_write_seconds_total: `${write}::float8 / 1000`,
        pg_stat_checkpointer_sync_seconds_total: `${sync}::float8 / 1000`,
        pg_stat_checkpointer_stats_reset_total: 'extract(epoch from stats_reset)',
        pg_stat_checkpointer_stats_reset_timestamp_seconds: 'extract(epoch from stats_reset)',
        pg_stat_bgwriter_buffers_checkpoint_total: `${written}`,
        pg_stat_bgwriter_checkpoint_write_time_total: `${write}`,
        pg_stat_bgwriter_checkpoint_sync_time_total: `${sync}`,
        ...(major === 18 && { pg_stat_checkpointer_slru_written_total: 'slru_written' })
      }
    })
    t.ok((value('pg_stat_checkpointer_buffers_written_total') ?? 0) > 1500, 'the table has more blocks')
    await agreeWithServer(t, server, {
      from: 'pg_stat_bgwriter',
      metrics: {
        pg_stat_bgwriter_stats_reset_total: 'extract(epoch from stats_reset)',
        pg_stat_bgwriter_stats_reset_timestamp_seconds: 'extract(epoch from stats_reset)'
      }
    })
    t.ok((clean.value('pg_control_checkpoint_wal_since_redo_bytes') ?? Infinity) < 100_000)
    const age = clean.value('pg_control_checkpoint_age_seconds') ?? -1
    t.ok(age >= 0 && age < 15, `the checkpoint began ${age} s ago`)
    t.ok((clean.value('pg_control_checkpoint_timestamp_seconds') ?? 0) > (dirty.value('pg_control_checkpoint_timestamp_seconds') ?? 0) - 1)
    for (const name of ['pg_stat_bgwriter_stats_reset_timestamp_seconds', 'pg_stat_checkpointer_stats_reset_timestamp_seconds'])
      t.ok(Math.abs(Date.now() / 1000 - (clean.value(name) ?? 0)) < 30, `${name} is a few seconds ago`)
  })
}

for (const major of [14, 18] as const) {
  test(`after a crash PostgreSQL ${major} counts from 0, and no query fails`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum=off'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    await server.sql('platform', load, load.replaceAll('load', 'second'))
    const before = await pollUntil(server, ({ value }) => (value('pg_stat_wal_bytes_total') ?? 0) > 3_000_000)
    t.ok((before.value('pg_stat_wal_bytes_total') ?? 0) > 3_000_000)
    const pid = Number(readFileSync(join(server.dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(pid, 'SIGQUIT')
    await until('the server is down', 10, async () => (await pollServer(server)).value('pg_up') === 0)
    await server.start()
    const after = await pollServer(server)
    t.equal(after.value('pg_up'), 1)
    t.ok((after.value('pg_stat_wal_bytes_total') ?? Infinity) < 1_000_000, 'the counter was reset by the crash')
    t.ok(
      (after.value('pg_wal_position_written_bytes_total') ?? 0) >= (before.value('pg_wal_position_written_bytes_total') ?? 0),
      'the WAL position continues'
    )
    if (major === 18)
      t.equal(
        after.value('pg_stat_io_extends_total', { backend_type: 'client backend', object: 'relation', context: 'bulkwrite' }),
        0,
        'a crash resets pg_stat_io too'
      )
  })
}
