import pg from 'pg'
import { test } from 'tap'
import { everySecond, makeExporter, until } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from '../page/parse-page.ts'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { pollSamples } = createPoller(
  'sequence',
  'sequences',
  'stat_user_indexes_size',
  'stat_user_tables',
  'stat_user_tables_size',
  'table_duplicate_indexes',
  'table_freeze',
  'table_vacuum',
  'tables_without_primary_key'
)

/** Assigns transaction IDs, one to each subtransaction. */
function burn(ids: number): string {
  return `do $$ begin
    for i in 1 .. ${ids} loop
      begin insert into burnt default values; exception when division_by_zero then null; end;
    end loop;
  end $$`
}

test('the age of a table includes its TOAST table, and old system tables are exported', async (t) => {
  const server = await startServer({ major: 16, flags: ['autovacuum_freeze_max_age=100000', 'autovacuum_naptime=1h'] })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const value = (all: readonly PageSample[], column: string, relname: string) =>
    sampleValue(all, `pg_table_${column}`, { datname: 'platform', relname })
  await server.sql(
    'platform',
    'create table shop (id int, note text) with (autovacuum_freeze_max_age = 100001, toast.autovacuum_multixact_freeze_max_age = 20000)',
    'create table till (id int) with (autovacuum_freeze_max_age = 150000)',
    'create table burnt (id int)',
    burn(2000),
    'vacuum (freeze, process_toast off) shop'
  )
  const before = await pollSamples(server)
  const [truth] = await server.sql(
    'platform',
    "select age(c.relfrozenxid) as heap, age(t.relfrozenxid) as toast from pg_class as c join pg_class as t on t.oid = c.reltoastrelid where c.relname = 'shop'"
  )
  t.ok(Number(truth?.heap) < 100 && Number(truth?.toast) > 2000)
  t.equal(value(before, 'xid_age', 'shop'), truth?.toast)
  t.equal(value(before, 'freeze_max_age', 'shop'), 100000, "a storage parameter does not raise the server's limit")
  t.equal(value(before, 'freeze_max_age', 'item'), 100000)
  t.equal(value(before, 'multixact_freeze_max_age', 'item'), 400000000)
  t.equal(value(before, 'multixact_age', 'item'), 0)
  t.equal(value(before, 'xid_age', 'pg_class'), undefined, 'young system tables are absent')

  await server.sql('platform', burn(60000))
  const after = await pollSamples(server)
  const aged = (relname: string) => (value(after, 'xid_age', relname) ?? 0) - (value(before, 'xid_age', relname) ?? 0)
  t.ok(aged('shop') >= 60000 && aged('shop') < 60100)
  t.ok((value(after, 'xid_age', 'pg_class') ?? 0) > 50000)

  await server.sql('platform', 'vacuum (freeze) shop')
  t.ok((value(await pollSamples(server), 'xid_age', 'shop') ?? Number.NaN) < 100)
})

test('multixacts age a table, and the lower limit of the table applies', async (t) => {
  const server = await startServer({ major: 13 })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.sql('platform', 'alter table item set (autovacuum_multixact_freeze_max_age = 10000, autovacuum_freeze_max_age = 100000)')
  const [first, second] = [new pg.Client(server.url('platform')), new pg.Client(server.url('platform'))]
  await Promise.all([first.connect(), second.connect()])
  for (const client of [first, second, first, second]) await client.query('begin; select id from item where id = 1 for share')
  await Promise.all([first.query('commit'), second.query('commit')])
  for (const client of [first, second]) await client.query('begin; select id from item where id = 2 for share')
  await Promise.all([first.end(), second.end()])
  const all = await pollSamples(server)
  const item = { datname: 'platform', relname: 'item' }
  const [truth] = await server.sql('platform', "select mxid_age(relminmxid) as age from pg_class where relname = 'item'")
  t.ok(Number(truth?.age) >= 2)
  t.equal(sampleValue(all, 'pg_table_multixact_age', item), truth?.age)
  t.equal(sampleValue(all, 'pg_table_multixact_freeze_max_age', item), 10000)
  t.equal(sampleValue(all, 'pg_table_freeze_max_age', item), 100000)
})

test('a locked table, index or sequence neither delays nor fails a poll', async (t) => {
  for (const major of [13, 18] as const) {
    const server = await startServer({ major })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    await server.sql(
      'platform',
      'create table shop (id serial primary key, a int)',
      'insert into shop (a) values (1)',
      'create index shop_a on shop (a)',
      'create index shop_a2 on shop (a)',
      'grant usage on all sequences in schema public to pgvitals',
      'analyze shop'
    )
    const before = await pollSamples(server)
    const [lock, waiting] = [new pg.Client(server.url('platform')), new pg.Client(server.url('platform'))]
    await Promise.all([lock.connect(), waiting.connect()])
    await lock.query('begin; alter table shop add b int; reindex index shop_a2; alter sequence shop_id_seq maxvalue 99')
    const waits = waiting.query('select count(*) from shop')
    const whole = makeExporter(teamEnvironment(server, 'pgvitals'))
    t.teardown(() => whole.exporter.stop())
    await whole.exporter.pollOnce()
    const during = await whole.samples()
    await lock.query('rollback')
    await waits
    await Promise.all([lock.end(), waiting.end()])
    t.ok(
      allOf(during, 'pgvitals_query_success').every((sample) => sample.value === 1),
      `no query fails on ${major}`
    )
    const has = (all: readonly PageSample[], name: string, labels: Readonly<Record<string, string>>) =>
      allOf(all, name, { datname: 'platform', ...labels }).length > 0
    for (const [name, labels] of [
      ['pg_stat_user_tables_heap_size_bytes', { relname: 'shop' }],
      ['pg_table_duplicate_indexes_bytes', { relname: 'shop' }],
      ['pg_sequence_used_ratio', { sequencename: 'shop_id_seq' }]
    ] as const) {
      t.equal(has(before, name, labels), true, `${name} is exported`)
      t.equal(has(during, name, labels), false, `${name} is absent while it is locked`)
    }
    for (const name of ['pg_table_vacuum_threshold', 'pg_table_xid_age', 'pg_table_duplicate_indexes'])
      t.equal(has(during, name, { relname: 'shop' }), true, `${name} needs no lock`)
    t.equal(sampleValue(during, 'pg_sequences_hidden', { datname: 'platform' }), 0, 'a locked sequence does not count as hidden')
  }
})

test('dropped objects disappear, and recreated objects count from 0', async (t) => {
  const server = await startServer({ major: 15 })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  // Series that decrease or leave are frozen until every scraper has seen them.
  const environment = { ...teamEnvironment(server, 'pgvitals'), PGVITALS_QUERIES: everySecond }
  const { exporter, samples } = makeExporter(environment, {
    queries: ['stat_user_tables', 'stat_user_indexes_size', 'tables_without_primary_key']
  })
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  t.equal(sampleValue(await samples(), 'pg_stat_user_tables_n_tup_ins', { datname: 'platform', relname: 'item' }), 100)
  await server.sql('platform', 'drop table item', 'create table item (id int)', 'insert into item values (1)')
  await server.sql('postgres', 'drop database users with (force)', 'create database users')
  await server.sql('users', 'create table other (id int)', 'insert into other values (1), (2)')
  let all: readonly PageSample[] = []
  // Each query has its own schedule.
  await until('the new database and the new table are exported', 20, async () => {
    await exporter.pollOnce()
    all = await samples()
    return (
      sampleValue(all, 'pg_stat_user_tables_n_tup_ins', { datname: 'users', relname: 'other' }) === 2 &&
      sampleValue(all, 'pg_stat_user_tables_n_tup_ins', { datname: 'platform', relname: 'item' }) === 1 &&
      sampleValue(all, 'pg_tables_without_primary_key', { datname: 'platform' }) === 1 &&
      allOf(all, 'pg_stat_user_indexes_size_bytes', { datname: 'platform', relname: 'item' }).length === 0 &&
      allOf(all, 'pg_stat_user_tables_n_tup_ins', { datname: 'users', relname: 'item' }).length === 0
    )
  })
  t.equal(sampleValue(all, 'pg_stat_user_tables_n_tup_ins', { datname: 'platform', relname: 'item' }), 1)
  t.same(allOf(all, 'pg_stat_user_tables_n_tup_ins', { datname: 'users', relname: 'item' }), [])
  t.same(allOf(all, 'pg_stat_user_indexes_size_bytes', { datname: 'platform', relname: 'item' }), [], 'the new table has no index')
  t.equal(sampleValue(all, 'pg_tables_without_primary_key', { datname: 'platform' }), 1)
})
