import { type Test, test } from 'tap'
import { allOf } from '../page/parse-page.ts'
import { type Major, startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller, type PollResult } from './create-poller.ts'

const { agreeWithServer, pollServer, pollUntil } = createPoller('stat_io', 'stat_slru', 'stat_wal', 'wal', 'wal_position')

async function startTeamServer(t: Test, major: Major, ...flags: string[]): Promise<TestServer> {
  const server = await startServer({ major, flags: ['autovacuum=off', 'fsync=on', ...flags] })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  return server
}

/** Only `create table as` extends relations by bulk writes. */
const bulk = { backend_type: 'client backend', object: 'relation', context: 'bulkwrite' }
const checkpointer = { backend_type: 'checkpointer', object: 'relation', context: 'normal' }
const load = 'create table load as select g as id, repeat(md5(g::text), 10) as note from generate_series(1, 5000) as g'

for (const major of [16, 17, 18] as const) {
  test(`pg_stat_io of PostgreSQL ${major} counts the bytes of a load, and is 0, not absent, after a reset`, async (t) => {
    const timing = major === 16 ? [] : ['track_io_timing=on']
    const server = await startTeamServer(t, major, ...timing)
    await server.sql('platform', "select pg_stat_reset_shared('io')", load, 'checkpoint')
    const [size] = await server.sql('platform', "select pg_relation_size('load')::float8 as bytes")
    const before = await pollServer(server)
    const extended = before.value('pg_stat_io_extend_bytes_total', bulk) ?? 0
    t.ok(extended >= Number(size?.bytes) && extended < Number(size?.bytes) + 1024 * 1024, `${extended} bytes for a table of ${size?.bytes}`)
    t.ok((before.value('pg_stat_io_extends_total', bulk) ?? 0) > 0)
    t.ok((before.value('pg_stat_io_write_bytes_total', checkpointer) ?? 0) > 1024 * 1024, 'the checkpoint wrote the table')
    t.ok((before.value('pg_stat_io_fsyncs_total', checkpointer) ?? 0) > 0)
    t.equal(before.value('pg_stat_io_reads_total', checkpointer), undefined, 'an impossible operation is absent')
    const seconds = before.value('pg_stat_io_extend_seconds_total', bulk)
    if (major === 16) t.equal(seconds, undefined, 'absent without timing')
    else t.ok(seconds !== undefined && seconds > 0 && seconds < 5, `${seconds} s`)
    t.same(allOf(before.samples, 'pg_stat_io_hits_total', { backend_type: 'standalone backend' }), [])

    if (major === 18) {
      const wal = { backend_type: 'client backend', object: 'wal', context: 'normal' }
      // The WAL writer may be faster than the session.
      const written = allOf(before.samples, 'pg_stat_io_write_bytes_total', { object: 'wal', context: 'normal' })
      t.ok(written.reduce((sum, { value }) => sum + value, 0) > 1024 * 1024)
      t.equal(before.value('pg_stat_io_write_seconds_total', wal), undefined, 'track_wal_io_timing is off')
    }

    await server.sql('platform', "select pg_stat_reset_shared('io')")
    const after = await pollServer(server)
    t.equal(after.value('pg_stat_io_extend_bytes_total', bulk), 0)
    t.equal(after.value('pg_stat_io_extends_total', bulk), 0)
  })
}

for (const major of [14, 18] as const) {
  test(`pg_stat_wal of PostgreSQL ${major} counts the WAL of a load, and its times only while they are measured`, async (t) => {
    const server = await startTeamServer(t, major, 'wal_buffers=64kB', ...(major === 14 ? ['track_wal_io_timing=on'] : []))
    const truth = async () =>
      (
        await server.sql(
          'platform',
          `select wal_records::float8 as records, wal_bytes::float8 as bytes, wal_fpi::float8 as images, wal_buffers_full::float8 as full,
            (pg_current_wal_lsn() - '0/0')::float8 as position
          from pg_stat_wal`
        )
      )[0] ?? {}
    await server.sql('platform', "select pg_stat_reset_shared('wal')", ...(major === 18 ? ["select pg_stat_reset_shared('io')"] : []))
    const empty = await pollUntil(server, ({ value }) => (value('pg_stat_wal_bytes_total') ?? Infinity) < 100_000)
    await server.sql('platform', load)
    // After a checkpoint the first change of a page writes a full page image.
    await server.sql('platform', 'checkpoint', 'update load set id = -id')
    await server.sql('platform', 'select pg_sleep(0.6)')
    const before = await truth()
    t.ok(Number(before.images) >= 200 && Number(before.full) > 0, `${before.images} full page images, full buffers ${before.full} times`)
    const full = await pollUntil(
      server,
      ({ value }) => (value('pg_stat_wal_bytes_total') ?? 0) > 1_500_000 && (value('pg_stat_wal_syncs_total') ?? 0) > 0
    )
    const after = await truth()
    for (const [metric, column] of [
      ['pg_stat_wal_records_total', 'records'],
      ['pg_stat_wal_bytes_total', 'bytes'],
      ['pg_stat_wal_fpi_total', 'images'],
      ['pg_stat_wal_buffers_full_total', 'full'],
      ['pg_wal_position_written_bytes_total', 'position']
    ] as const) {
      const value = full.value(metric) ?? -1
      t.ok(value >= Number(before[column]) && value <= Number(after[column]), `${metric}, ${value}, agrees with the server`)
    }
    const grown = (full.value('pg_wal_position_written_bytes_total') ?? 0) - (empty.value('pg_wal_position_written_bytes_total') ?? 0)
    t.ok(grown > 1_500_000, `${grown} bytes were written for a table of 1.7 MB`)
    t.ok((full.value('pg_stat_wal_bytes_total') ?? 0) > 1_500_000)
    t.ok((full.value('pg_stat_wal_writes_total') ?? 0) > (empty.value('pg_stat_wal_writes_total') ?? 0))
    t.ok((full.value('pg_stat_wal_syncs_total') ?? 0) > 0)
    const isTimed = (result: PollResult) => {
      for (const name of ['pg_stat_wal_write_seconds_total', 'pg_stat_wal_sync_seconds_total']) {
        const seconds = result.value(name)
        t.ok(seconds !== undefined && seconds > 0 && seconds < 5, `${name}: ${seconds} s`)
      }
    }
    if (major === 14) isTimed(full)
    else {
      t.equal(full.value('pg_stat_wal_write_seconds_total'), undefined, 'absent without timing')
      t.equal(full.value('pg_stat_wal_sync_seconds_total'), undefined)
      await server.sql('platform', 'alter system set track_wal_io_timing = on', 'select pg_reload_conf()', 'select pg_sleep(0.2)')
      await server.sql('platform', 'update load set id = -id')
      isTimed(await pollUntil(server, ({ value }) => (value('pg_stat_wal_sync_seconds_total') ?? 0) > 0))
    }
    const [segment] = await server.sql(
      'platform',
      "select count(*)::float8 as files, sum(size)::float8 as bytes from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'"
    )
    const { value } = await pollServer(server)
    t.equal(value('pg_wal_segments'), segment?.files)
    t.equal(value('pg_wal_size_bytes'), segment?.bytes)
    t.equal(segment?.bytes, Number(segment?.files) * 16 * 1024 * 1024)
    const age = Date.now() / 1000 - (full.value('pg_stat_wal_stats_reset_timestamp_seconds') ?? 0)
    t.ok(age >= 0 && age < 30, `the reset was ${age} s ago`)
    t.equal(full.value('pg_wal_position_received_bytes_total'), undefined, 'absent on a primary')
  })
}

test('pg_stat_slru has the same names on all versions, and counts a notification', async (t) => {
  const names: string[][] = []
  for (const [major, name] of [
    [13, 'Notify'],
    [17, 'notify']
  ] as const) {
    const server = await startTeamServer(t, major, 'track_commit_timestamp=on')
    await server.sql('platform', `select pg_stat_reset_slru('${name}')`)
    await pollUntil(server, ({ value }) => value('pg_stat_slru_blks_zeroed_total', { name: 'notify' }) === 0)
    await server.sql('platform', 'listen something', 'notify something')
    const { value, samples } = await pollUntil(server, ({ value }) => value('pg_stat_slru_blks_zeroed_total', { name: 'notify' }) !== 0)
    t.equal(value('pg_stat_slru_blks_zeroed_total', { name: 'notify' }), 1, `PostgreSQL ${major} creates the first block of the queue`)
    names.push(
      allOf(samples, 'pg_stat_slru_truncates_total')
        .map(({ labels }) => labels.name ?? '')
        .sort()
    )
  }
  t.same(names[0], names[1])
  t.match(names[0], ['commit_timestamp', 'multixact_member', 'multixact_offset', 'notify'])
})

test('pg_stat_slru counts written, read, found and checked blocks as the server does', async (t) => {
  const server = await startTeamServer(t, 18, 'track_commit_timestamp=on')
  await server.sql('platform', 'create table load as select 1 as id', 'checkpoint')
  await server.stop()
  await server.start()
  await server.sql('platform', 'update load set id = 2', 'select count(*) from load', 'checkpoint')
  await agreeWithServer(t, server, {
    from: "pg_stat_slru where name = 'transaction'",
    labels: { name: 'transaction' },
    metrics: {
      pg_stat_slru_blks_hit_total: 'blks_hit',
      pg_stat_slru_blks_read_total: 'blks_read',
      pg_stat_slru_blks_written_total: 'blks_written',
      pg_stat_slru_flushes_total: 'flushes'
    }
  })
  // The server checks at its start whether the first page of commit timestamps exists.
  await agreeWithServer(t, server, {
    from: "pg_stat_slru where name = 'commit_timestamp'",
    labels: { name: 'commit_timestamp' },
    metrics: { pg_stat_slru_blks_exists_total: 'blks_exists' }
  })
})
