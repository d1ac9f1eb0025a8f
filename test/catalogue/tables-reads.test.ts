import { test } from 'tap'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { agreeWithServer, pollUntil } = createPoller('stat_user_tables', 'statio_user_sequences')

const shop = { datname: 'platform', schemaname: 'public', relname: 'shop' }

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: rows and blocks read from a table are counted exactly`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum=off'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    await server.sql(
      'platform',
      'create table shop (id int primary key, amount int, note text) with (fillfactor = 50)',
      'alter table shop alter note set storage external',
      "insert into shop select g, 0, repeat('x', 200) from generate_series(1, 1000) as g",
      "insert into shop select -g, 0, repeat('x', 10000) from generate_series(1, 20) as g",
      'create sequence number',
      "select nextval('number')",
      'vacuum freeze shop',
      'checkpoint'
    )
    const [size] = await server.sql('platform', "select (pg_relation_size('shop') / 8192)::int as blocks")
    const blocks = Number(size?.blocks)
    // Buffers are empty after a restart, and counters are 0 after a reset.
    await server.stop()
    await server.start()
    await server.sql('platform', 'select pg_stat_reset()', 'select pg_sleep(0.6)')
    await pollUntil(server, ({ value }) => value('pg_stat_user_tables_seq_scan', shop) === 0)

    await server.sql('platform', 'select count(amount) from shop')
    const cold = await pollUntil(server, ({ value }) => value('pg_stat_user_tables_seq_scan', shop) === 1)
    t.equal(cold.value('pg_stat_user_tables_seq_tup_read', shop), 1020)
    t.equal(cold.value('pg_statio_user_tables_heap_blocks_read', shop), blocks, 'each block once')
    t.equal(cold.value('pg_statio_user_tables_heap_blocks_hit', shop), 0)
    t.equal(cold.value('pg_statio_user_tables_toast_blocks_read', shop), 0, 'no long value was read')
    t.equal(cold.value('pg_stat_user_tables_idx_scan', shop), 0)
    await server.sql('platform', 'select count(amount) from shop')
    const warm = await pollUntil(server, ({ value }) => value('pg_stat_user_tables_seq_scan', shop) === 2)
    t.equal(warm.value('pg_statio_user_tables_heap_blocks_read', shop), blocks)
    t.equal(warm.value('pg_statio_user_tables_heap_blocks_hit', shop), blocks, 'each block once more, from the buffers')

    const byIndex = ['set enable_seqscan = off', 'set enable_bitmapscan = off']
    const long = 'select sum(length(note || $$x$$)) from shop where id between -20 and -1'
    await server.sql('platform', ...byIndex, 'select amount from shop where id = 7', long, long)
    const found = await pollUntil(server, ({ value }) => value('pg_stat_user_tables_idx_scan', shop) === 3)
    t.equal(found.value('pg_stat_user_tables_idx_scan', shop), 3)
    t.equal(found.value('pg_stat_user_tables_idx_tup_fetch', shop), 1 + 20 + 20)
    await agreeWithServer(t, server, {
      from: "pg_statio_user_tables where relname = 'shop'",
      labels: shop,
      metrics: {
        pg_statio_user_tables_idx_blocks_read: 'idx_blks_read',
        pg_statio_user_tables_idx_blocks_hit: 'idx_blks_hit',
        pg_statio_user_tables_toast_blocks_read: 'toast_blks_read',
        pg_statio_user_tables_toast_blocks_hit: 'toast_blks_hit',
        pg_statio_user_tables_tidx_blocks_read: 'tidx_blks_read',
        pg_statio_user_tables_tidx_blocks_hit: 'tidx_blks_hit'
      }
    })

    // Half of each page is free, so an update without a new key stays on its page and needs no new index entry.
    await server.sql('platform', 'update shop set amount = 1 where id between 1 and 10', 'update shop set id = 5000 where id = 500')
    const updated = await pollUntil(server, ({ value }) => value('pg_stat_user_tables_n_tup_upd', shop) === 11)
    t.equal(updated.value('pg_stat_user_tables_n_tup_upd', shop), 11)
    t.equal(updated.value('pg_stat_user_tables_n_tup_hot_upd', shop), 10)

    const number = { datname: 'platform', sequencename: 'number' }
    t.equal(updated.value('pg_statio_user_sequences_blks_read_total', number), 0)
    await server.sql('platform', "select nextval('number'), nextval('number'), nextval('number')")
    const drawn = await pollUntil(server, ({ value }) => value('pg_statio_user_sequences_blks_hit_total', number) === 2)
    t.equal(drawn.value('pg_statio_user_sequences_blks_read_total', number), 1, 'its only block')
    t.equal(drawn.value('pg_statio_user_sequences_blks_hit_total', number), 2)
  })

  test(`PostgreSQL ${major}: manual and automatic vacuums and analyzes are counted separately`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum_naptime=1s'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const before = Date.now() / 1000
    const eager = 'autovacuum_vacuum_threshold = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 10'
    await server.sql(
      'platform',
      `create table shop with (${eager}, autovacuum_vacuum_insert_threshold = -1) as select generate_series(1, 20000) as id`,
      'delete from shop where id % 2 = 0'
    )
    const done = await pollUntil(
      server,
      ({ value }) =>
        value('pg_stat_user_tables_autovacuum_count', shop) === 1 && (value('pg_stat_user_tables_autoanalyze_count', shop) ?? 0) > 0,
      30
    )
    const now = Date.now() / 1000
    t.equal(done.value('pg_stat_user_tables_autovacuum_count', shop), 1)
    t.ok((done.value('pg_stat_user_tables_autoanalyze_count', shop) ?? 0) > 0)
    t.equal(done.value('pg_stat_user_tables_vacuum_count', shop), 0)
    t.equal(done.value('pg_stat_user_tables_analyze_count', shop), 0)
    for (const name of ['pg_stat_user_tables_last_autovacuum', 'pg_stat_user_tables_last_autoanalyze']) {
      const time = done.value(name, shop) ?? Number.NaN
      t.ok(time >= before && time <= now, `${name}: ${before} <= ${time} <= ${now}`)
    }
    t.equal(done.value('pg_stat_user_tables_last_vacuum', shop), undefined, 'absent without a manual vacuum')
    t.equal(done.value('pg_stat_user_tables_last_analyze', shop), undefined)
    for (const name of ['pg_stat_user_tables_autovacuum_seconds_total', 'pg_stat_user_tables_autoanalyze_seconds_total']) {
      const seconds = done.value(name, shop)
      if (major === 13) t.equal(seconds, undefined)
      else t.ok(seconds !== undefined && seconds > 0 && seconds < now - before, `${name}: ${seconds} s`)
    }

    await server.sql('platform', 'analyze shop', 'analyze shop', 'vacuum shop')
    const byHand = await pollUntil(server, ({ value }) => value('pg_stat_user_tables_vacuum_count', shop) === 1)
    t.equal(byHand.value('pg_stat_user_tables_analyze_count', shop), 2)
    t.equal(byHand.value('pg_stat_user_tables_vacuum_count', shop), 1)
    t.equal(byHand.value('pg_stat_user_tables_autovacuum_count', shop), 1)
    for (const name of ['pg_stat_user_tables_last_vacuum', 'pg_stat_user_tables_last_analyze'])
      t.ok((byHand.value(name, shop) ?? 0) >= now, `${name} is newer`)
  })
}
