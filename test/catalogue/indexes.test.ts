import pg from 'pg'
import { test } from 'tap'
import { until } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from '../page/parse-page.ts'
import { createTeam, type Team } from '../servers/create-team.ts'
import { createPoller } from './create-poller.ts'

const { pollSamples } = createPoller(
  'index_invalid',
  'index_statistics',
  'index_unused',
  'stat_user_indexes',
  'stat_user_indexes_size',
  'table_duplicate_indexes'
)

function indexValue(all: readonly PageSample[], name: string, indexrelname: string): number | undefined {
  return sampleValue(all, name, { schemaname: 'public', indexrelname })
}

/** The names of the indexes of a family. */
function indexNames(all: readonly PageSample[], name: string): readonly (string | undefined)[] {
  return allOf(all, name)
    .map(({ labels }) => labels.indexrelname)
    .sort()
}

async function sizeOf(team: Team, ...indexes: readonly string[]): Promise<number> {
  const sizes = indexes.map((index) => `pg_table_size('${index}')`).join(' + ')
  return Number((await team.server.sql(team.platform, `select ${sizes} as size`))[0]?.size)
}

for (const major of [13, 16, 18] as const) {
  test(`PostgreSQL ${major}: index scans are counted, and an index without scans is unused`, async (t) => {
    const team = await createTeam(major)
    await team.server.sql(
      team.platform,
      'create table shop (id int primary key, a int, b int unique)',
      'create index shop_a on shop (a)',
      'insert into shop select g, g / 2, g from generate_series(0, 9999) as g',
      'create table part (id int not null, a int) partition by range (id)',
      'create table part1 partition of part for values from (0) to (10)',
      'create table part2 partition of part for values from (10) to (20)',
      'insert into part select g, g from generate_series(0, 19) as g',
      'create index part_id on part (id)',
      'create index part_a on part (a)',
      'analyze'
    )
    const before = await pollSamples(team)
    t.same(indexNames(before, 'pg_index_unused_bytes'), ['part_a', 'part_id', 'shop_a'], 'unique indexes and partitions are not listed')
    t.equal(indexValue(before, 'pg_index_unused_bytes', 'shop_a'), await sizeOf(team, 'shop_a'))
    t.equal(indexValue(before, 'pg_index_unused_bytes', 'part_a'), await sizeOf(team, 'part1_a_idx', 'part2_a_idx'))
    t.equal(indexValue(before, 'pg_stat_user_indexes_size_bytes', 'shop_pkey'), await sizeOf(team, 'shop_pkey'))
    t.equal(indexValue(before, 'pg_stat_user_indexes_idx_scan_total', 'shop_a'), 0)
    t.equal(indexValue(before, 'pg_stat_user_indexes_last_idx_scan_timestamp_seconds', 'shop_a'), undefined)

    const read = 'select sum(b) from shop where a = 7'
    await team.server.sql(
      team.platform,
      'set enable_seqscan = off',
      'set enable_bitmapscan = off',
      read,
      read,
      read,
      'select a from part where id = 3'
    )
    let after: readonly PageSample[] = []
    await until('the scans have arrived', 10, async () => {
      after = await pollSamples(team)
      return (
        indexValue(after, 'pg_stat_user_indexes_idx_scan_total', 'shop_a') === 3 &&
        !indexNames(after, 'pg_index_unused_bytes').includes('shop_a')
      )
    })
    t.equal(indexValue(after, 'pg_stat_user_indexes_idx_tup_read_total', 'shop_a'), 6)
    t.equal(indexValue(after, 'pg_stat_user_indexes_idx_tup_fetch_total', 'shop_a'), 6)
    const last = indexValue(after, 'pg_stat_user_indexes_last_idx_scan_timestamp_seconds', 'shop_a')
    if (major === 13) t.equal(last, undefined)
    else t.ok(Math.abs(Date.now() / 1000 - (last ?? 0)) < 60)
    t.same(indexNames(after, 'pg_index_unused_bytes'), ['part_a'], 'a scan of a partition counts for the whole index')
    // Sessions of PostgreSQL 13 and 14 report their statistics at different times.
    await until('the blocks have arrived', 10, async () => {
      const blocks = await pollSamples(team)
      const [io] = await team.server.sql(
        team.platform,
        "select idx_blks_read::int as read, idx_blks_hit::int as hit from pg_statio_user_indexes where indexrelname = 'shop_a'"
      )
      return (
        Number(io?.hit) > 0 &&
        indexValue(blocks, 'pg_statio_user_indexes_idx_blks_read_total', 'shop_a') === io?.read &&
        indexValue(blocks, 'pg_statio_user_indexes_idx_blks_hit_total', 'shop_a') === io?.hit
      )
    })

    const age = (all: readonly PageSample[]) =>
      sampleValue(all, 'pg_index_statistics_age_seconds', { datname: team.platform }) ?? Number.NaN
    await team.server.sql(team.platform, 'select pg_stat_reset()')
    await until('the reset has arrived', 10, async () => indexNames(await pollSamples(team), 'pg_index_unused_bytes').includes('shop_a'))
    const reset = await pollSamples(team)
    const [truth] = await team.server.sql(
      team.platform,
      'select extract(epoch from clock_timestamp() - stats_reset)::float8 as age from pg_stat_database where datname = current_database()'
    )
    t.ok(age(reset) < age(after) && Math.abs(age(reset) - Number(truth?.age)) < 2, 'the age of the statistics is exported')
  })
}

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: an index with the definition of another is a duplicate`, async (t) => {
    const team = await createTeam(major)
    await team.server.sql(
      team.platform,
      'create table shop (id int primary key, a int, b int, note text)',
      'insert into shop select g, g, g, g from generate_series(1, 5000) as g',
      'create index first on shop (a) where b > 0',
      'create index second_of_a_longer_name on shop (a)    where b > 0',
      'create index third on shop (lower(note), a)',
      'create index    fourth on    shop (lower(note), a)',
      'create index fifth on shop (id)',
      // None of these has the definition of another one.
      'create index on shop (a)',
      'create index on shop (a desc)',
      'create index on shop (a) include (b)',
      'create index on shop (a, b)',
      'create index on shop (a) where b > 1',
      'create index on shop using hash (a)',
      'create index on shop (note)',
      'create index on shop (note text_pattern_ops)',
      'create index on shop (note collate "C")',
      'create index on shop (upper(note), a)'
    )
    const labels = { datname: team.platform, schemaname: 'public', relname: 'shop' }
    const all = await pollSamples(team)
    t.equal(sampleValue(all, 'pg_table_duplicate_indexes', labels), 3)
    t.equal(sampleValue(all, 'pg_table_duplicate_indexes_bytes', labels), await sizeOf(team, 'second_of_a_longer_name', 'fourth', 'fifth'))
    t.equal(allOf(all, 'pg_table_duplicate_indexes').length, 1, 'no other table has one')
    await team.server.sql(team.platform, 'drop index first', 'drop index third', 'drop index fifth')
    t.same(allOf(await pollSamples(team), 'pg_table_duplicate_indexes'), [])
  })

  test(`PostgreSQL ${major}: an invalid index is exported, an index under construction is not`, async (t) => {
    const team = await createTeam(major)
    const plain = `${team.platform}_plain`
    await team.server.sql(
      team.platform,
      `create role ${plain} login password 'secret'`,
      `grant connect on database ${team.platform} to ${plain}`,
      'create table shop (id int primary key, a int)',
      'create index shop_a on shop (a)',
      'insert into shop select g, 1 from generate_series(1, 100) as g'
    )
    await t.rejects(team.server.sql(team.platform, 'create unique index concurrently failed on item ((1))'), { code: '23505' })
    const reader = new pg.Client(team.server.url(team.platform))
    await reader.connect()
    await reader.query('begin isolation level repeatable read; select 1 from shop')
    const isWaiting = async (query: string) =>
      until(`${query} waits for the reader`, 10, async () => {
        const [row] = await team.server.sql(
          team.platform,
          `select count(*)::int as count from pg_stat_activity where datname = current_database() and query like '${query}%' and wait_event_type = 'Lock'`
        )
        return row?.count === 1
      })
    for (const statement of ['create index concurrently building on shop (a)', 'reindex table concurrently shop']) {
      const built = team.server.sql(team.platform, statement)
      await isWaiting(statement)
      const [truth] = await team.server.sql(team.platform, 'select count(*)::int as count from pg_index where not indisvalid')
      t.ok(Number(truth?.count) > 1, `${statement} has created an index that is not yet valid`)
      for (const role of [team.monitor, plain])
        t.same(indexNames(await pollSamples(team, { user: role }), 'pg_index_invalid'), ['failed'], `as ${role}`)
      await reader.query('commit; begin isolation level repeatable read; select 1 from shop')
      await until('the transaction of the reader may end', 10, async () => {
        await reader.query('commit; begin isolation level repeatable read; select 1 from shop')
        return Promise.race([built.then(() => true), new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 50))])
      })
    }
    await reader.end()
    const all = await pollSamples(team)
    t.equal(indexValue(all, 'pg_index_invalid', 'failed'), 1)
    t.equal(indexValue(all, 'pg_index_invalid_bytes', 'failed'), await sizeOf(team, 'failed'))
    await team.server.sql(team.platform, 'drop index failed')
    t.same(indexNames(await pollSamples(team), 'pg_index_invalid'), [])
  })
}
