import { test } from 'tap'
import { until } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from '../page/parse-page.ts'
import { createTeam } from '../servers/create-team.ts'
import { createPoller } from './create-poller.ts'

const { pollSamples } = createPoller(
  'sequence',
  'sequences',
  'statio_user_sequences',
  'table_bloat',
  'table_bloat_hidden',
  'table_without_primary_key',
  'tables_without_primary_key'
)

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: the end of a sequence is that of its column, and an unreadable sequence is hidden, not unused`, async (t) => {
    const team = await createTeam(major)
    await team.server.sql(
      team.platform,
      'create domain number as int',
      'create table shop (id serial, small smallserial, big bigserial, own int generated always as identity, taken number)',
      'alter sequence shop_id_seq as bigint',
      "create sequence taken; alter table shop alter taken set default nextval('taken')",
      'create sequence down increment -1 minvalue -1000',
      'create sequence around maxvalue 100 cycle',
      'create sequence over maxvalue 9223372036854775807 minvalue -9223372036854775808',
      'create sequence unused',
      'create sequence restarted',
      "select setval('shop_id_seq', 1932735283), setval('shop_small_seq', 32767), setval('shop_big_seq', 2147483647)",
      "select setval('shop_own_seq', 1073741823), setval('taken', 2040109465), setval('down', -250), setval('around', 99)",
      "select setval('over', 0), setval('restarted', 5, false)"
    )
    const used = (all: readonly PageSample[], sequencename: string) =>
      sampleValue(all, 'pg_sequence_used_ratio', { datname: team.platform, schemaname: 'public', sequencename })
    const hidden = (all: readonly PageSample[]) => sampleValue(all, 'pg_sequences_hidden', { datname: team.platform })
    const limited = await pollSamples(team)
    t.equal(hidden(limited), 9, 'pg_monitor alone reads no sequence')
    t.same(allOf(limited, 'pg_sequence_used_ratio'), [])

    await team.server.sql(
      team.platform,
      `grant usage on all sequences in schema public to ${team.monitor}`,
      `revoke usage on sequence down from ${team.monitor}`
    )
    t.equal(hidden(await pollSamples(team)), 1)
    await team.server.sql(team.platform, `grant select on sequence down to ${team.monitor}`)
    const all = await pollSamples(team)
    t.equal(hidden(all), 0)
    const near = (sequence: string, ratio: number, why: string) => t.ok(Math.abs((used(all, sequence) ?? Number.NaN) - ratio) < 1e-6, why)
    near('shop_id_seq', 0.9, 'a bigint sequence of an int column ends with the column')
    near('shop_small_seq', 1, 'a smallint sequence at its end')
    near('shop_big_seq', 2147483647 / 2 ** 63, 'a bigint sequence at its beginning')
    near('shop_own_seq', 0.5, 'an identity column')
    near('taken', 0.95, 'a default value, for a domain over int')
    near('down', 0.25, 'a descending sequence')
    near('over', 0.5, 'the widest bounds do not overflow')
    for (const sequence of ['around', 'unused', 'restarted'])
      t.equal(used(all, sequence), undefined, `${sequence} has no end or no last value`)

    await team.server.sql(team.platform, "select nextval('down')", "select setval('shop_id_seq', 2147483646)")
    const later = await pollSamples(team)
    t.equal(used(later, 'down'), 0.251)
    t.equal(used(later, 'shop_id_seq'), 2147483646 / 2147483647)

    const io = { datname: team.platform, sequencename: 'down' }
    await until('the blocks of a sequence have arrived', 10, async () => {
      const [truth] = await team.server.sql(
        team.platform,
        "select blks_hit::int as hit from pg_statio_user_sequences where relname = 'down'"
      )
      const hits = sampleValue(await pollSamples(team), 'pg_statio_user_sequences_blks_hit_total', io) ?? Number.NaN
      return hits > 0 && hits >= Number(truth?.hit) && hits <= Number(truth?.hit) + 2
    })
  })

  test(`PostgreSQL ${major}: bloat is estimated for readable tables, and unreadable tables are hidden, not without bloat`, async (t) => {
    const team = await createTeam(major)
    await team.server.sql(
      team.platform,
      'create table shop (id int, note text, price numeric, made timestamptz default now(), gone int) with (autovacuum_enabled = off)',
      "insert into shop (id, note, price) select g, repeat('x', g % 80), g from generate_series(1, 20000) as g",
      'create table unseen with (autovacuum_enabled = off) as select * from shop',
      'create table guarded with (autovacuum_enabled = off) as select * from shop',
      'alter table guarded enable row level security',
      'create table uncounted with (autovacuum_enabled = off) as select * from shop',
      `grant select on shop, guarded, uncounted to ${team.monitor}`,
      'vacuum uncounted',
      'vacuum analyze shop',
      'vacuum analyze unseen',
      'vacuum analyze guarded'
    )
    const ratio = (all: readonly PageSample[], relname = 'shop') =>
      sampleValue(all, 'pg_table_bloat_estimated_ratio', { datname: team.platform, relname })
    const bytes = (all: readonly PageSample[]) => sampleValue(all, 'pg_table_bloat_estimated_bytes', { relname: 'shop' }) ?? Number.NaN
    const lean = await pollSamples(team)
    t.ok((ratio(lean) ?? 1) < 0.05, 'a new table has almost no bloat')
    t.equal(
      sampleValue(lean, 'pg_table_bloat_hidden', { datname: team.platform }),
      2,
      'the statistics of tables without SELECT or with row security are hidden'
    )
    for (const table of ['unseen', 'guarded', 'uncounted', 'item']) t.equal(ratio(lean, table), undefined, `${table} is absent`)

    await team.server.sql(team.platform, 'delete from shop where id % 4 <> 0', 'vacuum analyze shop')
    const bloated = await pollSamples(team)
    const [truth] = await team.server.sql(team.platform, "select pg_relation_size('shop')::float8 as size")
    t.ok(Math.abs((ratio(bloated) ?? 0) - 0.75) < 0.05, 'three of four rows are deleted')
    t.ok(Math.abs(bytes(bloated) / Number(truth?.size) - 0.75) < 0.05)

    await team.server.sql(team.platform, `grant select on unseen to ${team.monitor}`)
    t.equal(sampleValue(await pollSamples(team), 'pg_table_bloat_hidden', { datname: team.platform }), 1)
    t.ok((ratio(await pollSamples(team), 'unseen') ?? 1) < 0.05)
  })
}

test('tables without primary key are counted and named, a partitioned table once', async (t) => {
  const team = await createTeam(14)
  await team.server.sql(
    team.platform,
    'create table shop (id int unique)',
    'create table part (id int) partition by range (id)',
    'create table part1 partition of part for values from (0) to (10)',
    'create table kept (id int primary key) partition by range (id)',
    'create table kept1 partition of kept for values from (0) to (10)'
  )
  const named = (all: readonly PageSample[]) => allOf(all, 'pg_table_without_primary_key').map(({ labels }) => labels.relname)
  const before = await pollSamples(team)
  t.equal(sampleValue(before, 'pg_tables_without_primary_key', { datname: team.platform }), 2)
  t.same(named(before), ['part', 'shop'])
  await team.server.sql(team.platform, 'alter table shop add primary key (id)', 'alter table part add primary key (id)')
  const after = await pollSamples(team)
  t.equal(sampleValue(after, 'pg_tables_without_primary_key', { datname: team.platform }), 0, '0, not absent')
  t.same(named(after), [])
})
