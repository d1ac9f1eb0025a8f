import { test } from 'tap'
import { until } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from '../page/parse-page.ts'
import { createTeam } from '../servers/create-team.ts'
import { startServer, startStandby } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller, type Target } from './create-poller.ts'

const { pollSamples } = createPoller(
  'index_unused',
  'stat_database',
  'stat_user_indexes',
  'stat_user_indexes_size',
  'stat_user_tables',
  'stat_user_tables_size',
  'table_vacuum'
)

type Labels = Readonly<Record<string, string>>

const shop = { datname: 'platform', schemaname: 'public', relname: 'shop' }

/** Polls until a sample has this value. Statistics are late up to PostgreSQL 14. */
async function pollUntil(target: Target, name: string, labels: Labels, value: number): Promise<readonly PageSample[]> {
  let all: readonly PageSample[] = []
  await until(`${name} is ${value}`, 10, async () => {
    all = await pollSamples(target)
    return sampleValue(all, name, labels) === value
  })
  return all
}

for (const major of [13, 16, 18] as const) {
  test(`PostgreSQL ${major}: rows, scans, vacuums and sizes of a table`, async (t) => {
    const team = await createTeam(major)
    const shop = { datname: team.platform, schemaname: 'public', relname: 'shop' }
    await team.server.sql(
      team.platform,
      'create table shop (id int primary key, note text) with (autovacuum_enabled = off)',
      'alter table shop alter note set storage external',
      "insert into shop select g, repeat('x', 100) from generate_series(1, 1000) as g",
      "insert into shop select -g, repeat('x', 10000) from generate_series(1, 20) as g"
    )
    await team.server.sql(team.platform, 'vacuum analyze shop')
    await team.server.sql(
      team.platform,
      "insert into shop select g, repeat('x', 100) from generate_series(1001, 1200) as g",
      "update shop set note = repeat('y', 900) where id between 1 and 300",
      'delete from shop where id between 901 and 1000',
      'set enable_seqscan = off',
      'select count(note) from shop where id = 5'
    )
    await team.server.sql(team.platform, 'select count(note) from shop')
    const all = await pollUntil(team, 'pg_stat_user_tables_n_tup_del', shop, 100)
    const value = (name: string) => sampleValue(all, name, shop)

    t.equal(value('pg_stat_user_tables_n_ins_since_vacuum'), 200)
    t.equal(value('pg_stat_user_tables_n_mod_since_analyze'), 600)
    t.equal(value('pg_stat_user_tables_n_dead_tup'), 400)
    t.equal(value('pg_stat_user_tables_vacuum_count'), 1)
    const [truth] = await team.server.sql(
      team.platform,
      `select pg_table_size('shop')::float8 as whole, pg_total_relation_size(reltoastrelid)::float8 as toast, pg_indexes_size('shop')::float8 as indexes,
        (select to_json(s) from pg_stat_user_tables as s where s.relname = 'shop') as stat from pg_class where oid = 'shop'::regclass`
    )
    const stat = truth?.stat as Record<string, number>
    t.ok(Number(truth?.toast) > 20 * 10000)
    t.equal(value('pg_stat_user_tables_toast_size_bytes'), truth?.toast)
    t.equal(value('pg_stat_user_tables_heap_size_bytes'), Number(truth?.whole) - Number(truth?.toast))
    t.equal(value('pg_stat_user_tables_table_size_bytes'), truth?.whole, 'the inherited size includes both parts')
    t.equal(value('pg_stat_user_tables_index_size_bytes'), truth?.indexes)

    const scanned = ['pg_stat_user_tables_last_seq_scan_timestamp_seconds', 'pg_stat_user_tables_last_idx_scan_timestamp_seconds'].map(
      value
    )
    if (major === 13) t.same(scanned, [undefined, undefined])
    else t.ok(scanned.every((time) => Math.abs(Date.now() / 1000 - (time ?? 0)) < 60))
    t.equal(value('pg_stat_user_tables_n_tup_newpage_upd_total'), stat.n_tup_newpage_upd)
    t.equal(value('pg_stat_user_tables_vacuum_seconds_total'), major === 18 ? Number(stat.total_vacuum_time) / 1000 : undefined)
    t.equal(value('pg_stat_user_tables_analyze_seconds_total'), major === 18 ? Number(stat.total_analyze_time) / 1000 : undefined)
    t.equal(value('pg_stat_user_tables_autovacuum_seconds_total'), major === 18 ? 0 : undefined)
    if (major >= 16) t.ok(Number(stat.n_tup_newpage_upd) > 0)
    if (major === 18) t.ok(Number(stat.total_vacuum_time) > 0 && Number(stat.total_analyze_time) > 0)

    await team.server.sql(team.platform, 'select pg_stat_reset()')
    const reset = await pollUntil(team, 'pg_stat_user_tables_n_tup_del', shop, 0)
    t.equal(sampleValue(reset, 'pg_stat_user_tables_n_dead_tup', shop), 0, 'a reset of the statistics resets the series')
    t.equal(sampleValue(reset, 'pg_stat_user_tables_last_vacuum', shop), undefined)
  })

  test(`PostgreSQL ${major}: the thresholds are those of autovacuum`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum_naptime=1h'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const value = (all: readonly PageSample[], name: string, relname = 'shop') => sampleValue(all, name, { ...shop, relname })
    await server.sql(
      'platform',
      'create table shop (id int, note text)',
      "alter table shop set (autovacuum_vacuum_threshold = 1e2, autovacuum_vacuum_scale_factor = 0.1, autovacuum_enabled = 'off')",
      'insert into shop select g from generate_series(1, 1000) as g',
      'create table never (id int) with (autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 7)',
      'create temp table passing (id int)'
    )
    await server.sql('platform', 'vacuum (freeze, analyze) shop')
    await server.sql('platform', 'delete from shop where id <= 300')
    const all = await pollUntil(server, 'pg_stat_user_tables_n_dead_tup', shop, 300)
    t.equal(value(all, 'pg_table_autovacuum_enabled'), 0)
    t.equal(value(all, 'pg_table_autovacuum_enabled', 'item'), 1)
    t.equal(value(all, 'pg_table_vacuum_threshold'), 100 + 0.1 * 1000, 'its own parameters with the rows of the last analyze')
    t.equal(value(all, 'pg_table_vacuum_threshold', 'item'), 50 + 0.2 * 100, "the server's settings without own parameters")
    t.equal(value(all, 'pg_table_vacuum_due_ratio'), 300 / 200)
    t.equal(value(all, 'pg_table_analyze_threshold'), 50 + 0.1 * 1000)
    t.equal(value(all, 'pg_table_analyze_due_ratio'), 300 / 150)
    t.equal(value(all, 'pg_table_vacuum_insert_threshold'), major === 18 ? 1000 : 1000 + 0.2 * 1000, 'from 18 on frozen pages do not count')
    t.equal(value(all, 'pg_table_vacuum_insert_threshold', 'never'), undefined)
    t.equal(value(all, 'pg_table_vacuum_threshold', 'never'), 50, 'an unknown number of rows counts as 0')
    t.equal(value(all, 'pg_table_analyze_threshold', 'never'), 7)

    await server.sql(
      'platform',
      'alter system set autovacuum = off',
      'select pg_reload_conf()',
      'alter table shop reset (autovacuum_enabled)'
    )
    if (major === 18) await server.sql('platform', 'alter table shop set (autovacuum_vacuum_max_threshold = 60)')
    await server.sql('platform', 'vacuum shop')
    const later = await pollUntil(server, 'pg_stat_user_tables_n_dead_tup', shop, 0)
    t.equal(value(later, 'pg_table_autovacuum_enabled', 'item'), 0, 'the server has disabled autovacuum')
    t.equal(value(later, 'pg_table_vacuum_threshold'), major === 18 ? 60 : 100 + 0.1 * 700)
    t.equal(value(later, 'pg_table_vacuum_due_ratio'), 0)

    await server.sql('platform', 'alter system set track_counts = off', 'select pg_reload_conf()')
    const limited = await pollSamples(server)
    t.equal(value(limited, 'pg_table_vacuum_due_ratio'), undefined, 'absent, not 0, without track_counts')
    t.ok((value(limited, 'pg_table_vacuum_threshold') ?? 0) > 0)
    t.same(allOf(limited, 'pg_index_unused_bytes'), [], 'an index is not unused while its scans are not counted')
  })
}

test('a standby exports its own scans and sizes, and no values that only its primary counts', async (t) => {
  const primary = await startServer({ major: 18 })
  t.teardown(() => primary.remove())
  await createTeamDatabases(primary)
  await primary.sql(
    'platform',
    'vacuum analyze item',
    'create unlogged table scratch (id int primary key)',
    'insert into scratch select generate_series(1, 1000)'
  )
  // The standby starts with the statistics of the primary, like a primary that becomes a standby.
  const standby = await startStandby(primary)
  t.teardown(() => standby.remove())
  const item = { datname: 'platform', relname: 'item' }
  const scans = sampleValue(await pollSamples(standby), 'pg_stat_user_tables_seq_scan', item) ?? 0
  await standby.sql('platform', 'select count(*) from item', 'select count(*) from item')
  const all = await pollUntil(standby, 'pg_stat_user_tables_seq_scan', item, scans + 2)
  const [size] = await standby.sql('platform', "select pg_table_size('item')::float8 as bytes")
  t.equal(sampleValue(all, 'pg_stat_user_tables_table_size_bytes', item), size?.bytes)
  const onPrimary = await pollSamples(primary)
  t.ok((sampleValue(onPrimary, 'pg_stat_user_tables_n_live_tup', item) ?? 0) > 0)
  t.equal(sampleValue(onPrimary, 'pg_stat_user_tables_vacuum_count', item), 1)
  t.ok((sampleValue(onPrimary, 'pg_stat_user_indexes_size_bytes', { relname: 'scratch' }) ?? 0) > 0)
  for (const name of [
    'pg_stat_user_tables_n_tup_ins',
    'pg_stat_user_tables_n_live_tup',
    'pg_stat_user_tables_n_dead_tup',
    'pg_stat_user_tables_n_mod_since_analyze',
    'pg_stat_user_tables_n_ins_since_vacuum',
    'pg_stat_user_tables_last_vacuum',
    'pg_stat_user_tables_vacuum_count',
    'pg_stat_user_tables_vacuum_seconds_total',
    'pg_stat_user_tables_last_analyze',
    'pg_stat_user_tables_analyze_count'
  ])
    t.equal(sampleValue(all, name, item), undefined, `${name} is absent, neither 0 nor that of the primary`)
  t.equal(sampleValue(all, 'pg_stat_database_tup_inserted', { datname: 'platform' }), undefined)
  t.ok((sampleValue(all, 'pg_stat_database_xact_commit', { datname: 'platform' }) ?? 0) > 0)
  t.same(
    all.filter(({ labels }) => labels.relname === 'scratch'),
    [],
    'an unlogged table and its index have no data on a standby'
  )
  t.same(
    all.filter(({ name }) => /^pg_(tables?|index|sequences?|partitioned)_/.test(name)),
    []
  )
})
