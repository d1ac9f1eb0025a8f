import { type Test, test } from 'tap'
import { makeExporter } from '../exporter/run-exporter.ts'
import { allOf } from '../page/parse-page.ts'
import { type Major, startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'
import { holdSession } from './held-session.ts'

const { pollServer, pollUntil } = createPoller(
  'stat_progress_analyze',
  'stat_progress_cluster',
  'stat_progress_create_index',
  'stat_progress_phase',
  'stat_progress_vacuum',
  'stat_progress_vacuum_phase'
)

async function startTeamServer(t: Test, major: Major, ...flags: string[]): Promise<TestServer> {
  const server = await startServer({ major, flags: ['autovacuum=off', ...flags] })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  return server
}

/** Starts a statement that the cost-based delay limits to a few blocks a second. */
async function sendSlowed(server: TestServer, datname: string, statement: string): Promise<void> {
  const session = await holdSession(server, datname)
  await session.run('set vacuum_cost_delay = 60', 'set vacuum_cost_limit = 1')
  session.send(statement)
}

/** A slow function that an index calls for every row. */
const slow = "create function slow(int) returns int immutable language plpgsql as 'begin perform pg_catalog.pg_sleep(0.05); return $1; end'"

for (const major of [13, 17, 18] as const) {
  test(`PostgreSQL ${major}: the table, phase and progress of a vacuum are exported in its database only`, async (t) => {
    const server = await startTeamServer(t, major, ...(major === 18 ? ['track_cost_delay_timing=on'] : []))
    // The vacuum of one table spends its time in the heap, that of the other in the indexes.
    const long = "create table hot as select g as id, repeat('x', 1000) as note from generate_series(1, 700) as g"
    await server.sql('users', long, 'delete from hot')
    await server.sql('platform', long, 'delete from hot', 'create table thin as select g as id from generate_series(1, 2000) as g')
    for (let index = 0; index < 4; index++) await server.sql('platform', 'create index on thin (id)')
    await server.sql('platform', 'delete from thin where id % 2 = 0')
    t.same(allOf((await pollServer(server)).samples, 'pg_stat_progress_vacuum_heap_blks'), [], 'absent without a vacuum')
    await sendSlowed(server, 'platform', 'vacuum hot')
    await sendSlowed(server, 'platform', 'vacuum thin')
    const [truth] = await server.sql('platform', "select (pg_relation_size('hot') / 8192)::int as blocks")
    const hot = { datname: 'platform', schemaname: 'public', relname: 'hot' }
    const thin = { ...hot, relname: 'thin' }

    const scanning = await pollUntil(server, ({ value }) => (value('pg_stat_progress_vacuum_heap_blks_scanned', hot) ?? 0) > 1)
    const scanned = scanning.value('pg_stat_progress_vacuum_heap_blks_scanned', hot) ?? 0
    t.equal(scanning.value('pg_stat_progress_vacuum_heap_blks', hot), truth?.blocks)
    t.ok(scanned > 1 && scanned < Number(truth?.blocks), `${scanned} blocks`)
    const phases = allOf(scanning.samples, 'pg_stat_progress_vacuum_phase', hot)
    t.equal(phases.length, 7)
    t.same(
      phases.filter(({ value }) => value !== 0).map(({ labels, value }) => [labels.phase, value]),
      [['scanning heap', 1]]
    )
    t.equal(scanning.value('pg_stat_progress_phase', { ...hot, command: 'VACUUM', phase: 'scanning heap' }), 1)
    const limit = scanning.value('pg_stat_progress_vacuum_max_dead_tuples', hot)
    const bytes = scanning.value('pg_stat_progress_vacuum_max_dead_tuple_bytes', hot)
    if (major === 13) t.ok((limit ?? 0) > 0 && bytes === undefined, `${limit} dead rows fit into memory`)
    else t.ok(limit === undefined && bytes === 64 * 1024 * 1024, `dead rows may use ${bytes} bytes`)

    const indexes = await pollUntil(
      server,
      // Another query, polled before, can have returned the previous phase.
      ({ value }) =>
        value('pg_stat_progress_vacuum_phase', { ...thin, phase: 'vacuuming indexes' }) === 1 &&
        (major < 17 || value('pg_stat_progress_vacuum_indexes', thin) !== undefined)
    )
    t.equal(indexes.value('pg_stat_progress_vacuum_num_dead_tuples', thin), 1000)
    t.equal(indexes.value('pg_stat_progress_vacuum_heap_blks_vacuumed', thin), 0)
    t.equal(indexes.value('pg_stat_progress_vacuum_index_vacuums', thin), 0)
    if (major >= 17) {
      t.equal(scanning.value('pg_stat_progress_vacuum_indexes', hot), undefined, 'absent before they are counted')
      t.equal(indexes.value('pg_stat_progress_vacuum_indexes', thin), 4)
      t.ok((indexes.value('pg_stat_progress_vacuum_indexes_processed', thin) ?? 9) < 4)
      t.ok((indexes.value('pg_stat_progress_vacuum_dead_tuple_bytes', thin) ?? 0) > 0)
    }
    const delay = indexes.value('pg_stat_progress_vacuum_delay_seconds', thin)
    if (major === 18) t.ok(delay !== undefined && delay > 0.06 && delay < 20, `${delay} s slept`)
    else t.equal(delay, undefined)

    await sendSlowed(server, 'users', 'vacuum hot')
    await server.sql('users', 'select pg_sleep(0.2)')
    const { exporter, samples } = makeExporter(teamEnvironment(server, 'pgvitals'), { queries: ['stat_progress_vacuum'] })
    t.teardown(() => exporter.stop())
    await exporter.pollOnce()
    const found = allOf(await samples(), 'pg_stat_progress_vacuum_heap_blks', { relname: 'hot' })
    t.same(found.map(({ labels }) => labels.datname).sort(), ['platform', 'users'], 'each database exports its own vacuum once')

    const inHeap = await pollUntil(server, ({ value }) => (value('pg_stat_progress_vacuum_heap_blks_vacuumed', thin) ?? 0) > 0, 30)
    t.equal(inHeap.value('pg_stat_progress_vacuum_index_vacuums', thin), 1, 'the indexes were vacuumed')
    const vacuumed = inHeap.value('pg_stat_progress_vacuum_heap_blks_vacuumed', thin) ?? 0
    t.ok(vacuumed > 0 && vacuumed <= (inHeap.value('pg_stat_progress_vacuum_heap_blks', thin) ?? 0), `${vacuumed} blocks`)
  })
}

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: the progress of analyze, create index and vacuum full is exported`, async (t) => {
    const server = await startTeamServer(t, major, ...(major === 18 ? ['track_cost_delay_timing=on'] : []))
    await server.sql(
      'platform',
      slow,
      'create table part (id int) partition by range (id)',
      'create table low partition of part for values from (0) to (1000)',
      'create table high partition of part for values from (1000) to (100000)',
      'insert into part select generate_series(500, 30000)',
      'create table halves (id int) partition by range (id)',
      'create table half partition of halves for values from (0) to (1000)',
      'create table other_half partition of halves for values from (1000) to (2000)',
      'insert into halves select generate_series(990, 1900)',
      "create table plain as select g as id, repeat('x', 1000) as note from generate_series(1, 200) as g",
      'create table indexed as select generate_series(1, 70) as id',
      'create index on indexed (id)',
      'create index on indexed (slow(id))',
      'create table busy as select 1 as id'
    )
    await server.sql(
      'platform',
      "create function slow_order(int, int) returns int immutable language plpgsql as 'begin perform pg_catalog.pg_sleep(0.03); return $1 - $2; end'",
      'create operator class slow_order for type int using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 slow_order(int, int)',
      'create table disordered as select (g * 7919) % 300 as id from generate_series(1, 300) as g',
      'create table correlated as select g as id, g as twice from generate_series(1, 300) as g',
      'create statistics related on id, twice from correlated'
    )
    if (major === 18) await server.sql('platform', 'create statistics on slow(id), twice from correlated')
    await sendSlowed(server, 'platform', 'analyze part')
    const [writer, lockWaiter, builder, partBuilder, rewriter, sorter, analyzer] = await Promise.all(
      Array.from({ length: 7 }, () => holdSession(server, 'platform'))
    )
    await writer?.run('begin', 'update busy set id = 2')
    lockWaiter?.send('create index concurrently on busy (id)')
    builder?.send('create index on plain (slow(id))')
    partBuilder?.send('create index on halves (slow(id))')
    rewriter?.send('vacuum full indexed')
    sorter?.send('create index on disordered (id slow_order)')
    analyzer?.send('analyze correlated')
    const [truth] = await server.sql('platform', "select (pg_relation_size('plain') / 8192)::int as blocks")
    const result = await pollUntil(
      server,
      ({ value }) =>
        value('pg_stat_progress_cluster_indexes_rebuilt', { relname: 'indexed' }) === 1 &&
        value('pg_stat_progress_phase', { relname: 'indexed', phase: 'rebuilding index' }) === 1 &&
        value('pg_stat_progress_create_index_lockers', { relname: 'busy' }) === 1 &&
        value('pg_stat_progress_create_index_tuples', { relname: 'disordered' }) !== undefined &&
        (major === 13 || value('pg_stat_progress_analyze_ext_stats_computed', { relname: 'correlated' }) === 1) &&
        // At the first block PostgreSQL reports all blocks as done.
        (value('pg_stat_progress_create_index_blocks_done', { relname: 'plain' }) ?? 99) < Number(truth?.blocks) &&
        value('pg_stat_progress_create_index_partitions_done', { relname: 'halves' }) === 1 &&
        (value('pg_stat_progress_analyze_sample_blks_scanned', { relname: 'part' }) ?? 0) > 0
    )
    const labels = (relname: string) => ({ datname: 'platform', schemaname: 'public', relname })
    const analyze = (name: string) => result.value(name, labels('part'))
    t.equal(analyze('pg_stat_progress_analyze_child_tables'), 2)
    t.ok((analyze('pg_stat_progress_analyze_child_tables_done') ?? 9) < 2)
    t.ok((analyze('pg_stat_progress_analyze_sample_blks_scanned') ?? 0) <= (analyze('pg_stat_progress_analyze_sample_blks') ?? 0))
    t.equal(analyze('pg_stat_progress_analyze_ext_stats'), undefined, 'absent without extended statistics')
    if (major === 18) {
      t.ok((analyze('pg_stat_progress_analyze_delay_seconds') ?? 0) > 0.06)
      t.equal(result.value('pg_stat_progress_analyze_ext_stats', labels('correlated')), 2)
      t.equal(result.value('pg_stat_progress_analyze_ext_stats_computed', labels('correlated')), 1)
    }
    t.equal(result.value('pg_stat_progress_phase', { ...labels('part'), command: 'ANALYZE' }), 1)

    const index = (name: string, relname: string) => result.value(name, labels(relname))
    t.equal(index('pg_stat_progress_create_index_lockers', 'busy'), 1)
    t.equal(index('pg_stat_progress_create_index_lockers_done', 'busy'), 0)
    t.equal(result.value('pg_stat_progress_create_index_sessions', { relname: 'busy', command: 'CREATE INDEX CONCURRENTLY' }), 1)
    t.equal(result.value('pg_stat_progress_phase', { relname: 'busy', phase: 'waiting for writers before build' }), 1)
    t.equal(index('pg_stat_progress_create_index_blocks', 'plain'), truth?.blocks)
    t.ok((index('pg_stat_progress_create_index_blocks_done', 'plain') ?? 0) > 0)
    t.equal(index('pg_stat_progress_create_index_tuples', 'plain'), undefined, 'this phase counts blocks')
    t.equal(index('pg_stat_progress_create_index_tuples', 'disordered'), 300)
    t.equal(index('pg_stat_progress_create_index_tuples_done', 'disordered'), 0, 'the rows are being sorted')
    t.equal(index('pg_stat_progress_create_index_partitions', 'halves'), 2)
    t.equal(index('pg_stat_progress_create_index_partitions_done', 'halves'), 1)

    const rewrite = (name: string) => result.value(name, { ...labels('indexed'), command: 'VACUUM FULL' })
    t.equal(rewrite('pg_stat_progress_cluster_heap_blks'), 1)
    t.equal(rewrite('pg_stat_progress_cluster_heap_blks_scanned'), 1)
    t.equal(rewrite('pg_stat_progress_cluster_heap_tuples_scanned'), 70)
    t.equal(rewrite('pg_stat_progress_cluster_heap_tuples_written'), 70)
    t.equal(rewrite('pg_stat_progress_cluster_indexes_rebuilt'), 1)
  })
}
