import { type Test, test } from 'tap'
import { type Major, startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller, type PollResult } from './create-poller.ts'

const { agreeWithServer, pollUntil } = createPoller('stat_bgwriter', 'stat_database', 'stat_io')

/** A server with 128 buffers, so that backends and the background writer evict and write pages. */
async function startSmallServer(t: Test, major: Major): Promise<TestServer> {
  const flags = [
    'shared_buffers=1MB',
    'bgwriter_delay=10ms',
    'bgwriter_lru_maxpages=2',
    'bgwriter_lru_multiplier=10',
    'backend_flush_after=8kB'
  ]
  const server = await startServer({
    major,
    flags: [...flags, 'autovacuum=off', 'fsync=on', 'track_io_timing=on', 'checkpoint_timeout=1h']
  })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  return server
}

const rows = 'select g as id, repeat(md5(g::text), 10) as note from generate_series(1, 5000) as g'

for (const major of [13, 16, 18] as const) {
  test(`PostgreSQL ${major} with few buffers: reads, writes and evictions agree with the server`, async (t) => {
    const server = await startSmallServer(t, major)
    await server.sql('platform', "select pg_stat_reset_shared('bgwriter')", ...(major >= 16 ? ["select pg_stat_reset_shared('io')"] : []))
    await server.sql('platform', 'create table load (id int primary key, note text)', `insert into load ${rows}`)
    // The background writer runs between the updates.
    for (let round = 0; round < 5; round++)
      await server.sql('platform', 'update load set note = note where id % 5 = 0', 'select pg_sleep(0.1)')
    await server.sql('platform', 'select count(note) from load', 'checkpoint')
    if (major <= 16) {
      // While the checkpointer is stopped, its queue of fsync requests fills up, and backends call fsync themselves.
      const [checkpointer] = await server.sql('platform', "select pid from pg_stat_activity where backend_type = 'checkpointer'")
      process.kill(Number(checkpointer?.pid), 'SIGSTOP')
      const tables = 'for i in 1 .. 200 loop execute format($f$create table t%s as select 1$f$, i); end loop;'
      await server.sql('platform', `do $$ begin ${tables} end $$`)
      process.kill(Number(checkpointer?.pid), 'SIGCONT')
      await server.sql('platform', 'checkpoint')
    }

    await agreeWithServer(t, server, {
      from: 'pg_stat_bgwriter',
      metrics: {
        pg_stat_bgwriter_buffers_clean_total: 'buffers_clean',
        pg_stat_bgwriter_maxwritten_clean_total: 'maxwritten_clean',
        pg_stat_bgwriter_buffers_alloc_total: 'buffers_alloc',
        ...(major <= 16 && {
          pg_stat_bgwriter_buffers_backend_total: 'buffers_backend',
          pg_stat_bgwriter_buffers_backend_fsync_total: 'buffers_backend_fsync'
        })
      }
    })
    await agreeWithServer(t, server, {
      from: "pg_stat_database where datname = 'platform'",
      labels: { datname: 'platform' },
      metrics: {
        pg_stat_database_blks_read: 'blks_read',
        pg_stat_database_blk_read_time: 'blk_read_time',
        pg_stat_database_blk_write_time: 'blk_write_time',
        pg_stat_database_blk_write_seconds_total: 'blk_write_time / 1000'
      }
    })
    if (major < 16) return

    const bytes = (column: string) => (major === 18 ? `${column.slice(0, -1)}_bytes` : `${column} * op_bytes`)
    const where = (backend: string, context: string) =>
      `pg_stat_io where backend_type = '${backend}' and object = 'relation' and context = '${context}'`
    await agreeWithServer(t, server, {
      from: where('client backend', 'normal'),
      labels: { backend_type: 'client backend', object: 'relation', context: 'normal' },
      metrics: {
        pg_stat_io_reads_total: 'reads',
        pg_stat_io_read_bytes_total: bytes('reads'),
        pg_stat_io_read_seconds_total: 'read_time / 1000',
        pg_stat_io_writes_total: 'writes',
        pg_stat_io_write_bytes_total: bytes('writes'),
        pg_stat_io_write_seconds_total: 'write_time / 1000',
        pg_stat_io_writebacks_total: 'writebacks',
        pg_stat_io_writeback_seconds_total: 'writeback_time / 1000',
        pg_stat_io_evictions_total: 'evictions',
        pg_stat_io_hits_total: 'hits'
      }
    })
    await agreeWithServer(t, server, {
      from: where('client backend', 'bulkread'),
      labels: { backend_type: 'client backend', object: 'relation', context: 'bulkread' },
      metrics: { pg_stat_io_reuses_total: 'reuses' }
    })
    await agreeWithServer(t, server, {
      from: where('checkpointer', 'normal'),
      labels: { backend_type: 'checkpointer', object: 'relation', context: 'normal' },
      metrics: { pg_stat_io_fsyncs_total: 'fsyncs', pg_stat_io_fsync_seconds_total: 'fsync_time / 1000' }
    })
  })
}

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: rows read by index and by sequential scan are counted in their database`, async (t) => {
    const server = await startSmallServer(t, major)
    // A database without a session of pgvitals, so that no other query reads there.
    const at = { datname: 'labeler' }
    await server.sql('labeler', 'create table load (id int primary key, note text)', `insert into load ${rows}`, 'vacuum analyze load')
    const before = await pollUntil(server, ({ value }) => (value('pg_stat_database_tup_inserted', at) ?? 0) >= 5100)
    await server.sql(
      'labeler',
      'set enable_bitmapscan = off',
      'set enable_seqscan = off',
      'select note from load where id between 1001 and 4000'
    )
    await server.sql('labeler', 'select note from load')
    const moved = (name: string, { value }: PollResult) => (value(name, at) ?? Number.NaN) - (before.value(name, at) ?? Number.NaN)
    const after = await pollUntil(server, (result) => moved('pg_stat_database_tup_returned', result) >= 3000 + 5000)
    const isNear = (name: string, rows: number) => {
      const count = moved(name, after)
      t.ok(count >= rows && count < rows + 2000, `${name} increased by ${count}: ${rows} and the catalogs`)
    }
    isNear('pg_stat_database_tup_fetched', 3000)
    isNear('pg_stat_database_tup_returned', 3000 + 5000)
  })
}
