import { type Test, test } from 'tap'
import { details } from '../../src/query/detail.ts'
import { countSeries, sumOf } from '../exporter/count-series.ts'
import { everySecond, makeExporter, until } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, parsePage, sampleValue } from '../page/parse-page.ts'
import { startManyTables } from '../servers/many-tables.ts'
import type { TestServer } from '../servers/start-server.ts'
import { teamDatabases, teamEnvironment } from '../servers/team-databases.ts'

/** The most series that each level may export for 3 databases with 60 tables each and 170 statements. */
const limits = { minimal: 1100, standard: 8500, full: 18_000 }

async function checkSizes(t: Test, server: TestServer): Promise<void> {
  const sizes: number[] = []
  for (const detail of details) {
    const series = await countSeries(teamEnvironment(server, 'pgvitals'), detail)
    sizes.push(sumOf(series))
    t.ok(sumOf(series) <= limits[detail], `${detail}: ${sumOf(series)} series`)
    t.equal(series.get('pg_stat_user_tables_n_live_tup'), detail === 'minimal' ? undefined : 180)
    t.equal(series.get('pg_database_size_bytes'), 6)
    t.equal(series.has('pg_stat_user_tables_heap_size_bytes'), detail === 'full')
  }
  const [minimal = 0, standard = 0, full = 0] = sizes
  t.ok(minimal > 400 && standard > 4 * minimal && full > 1.5 * standard, sizes.join())
}

/** At minimal, 20 statements are exported; the increases of the others are in the series `other`. */
async function checkStatements(t: Test, server: TestServer): Promise<void> {
  const { exporter, page } = makeExporter(
    { ...teamEnvironment(server, 'pgvitals'), PGVITALS_DETAIL: 'minimal', PGVITALS_QUERIES: everySecond },
    { queries: ['stat_statements', 'stat_statements_query_id'] }
  )
  t.teardown(() => exporter.stop())
  exporter.start()
  const scrape = async () => {
    const samples = parsePage(await page())
    exporter.scraped('prometheus')
    return samples
  }
  await until('the texts are read', 60, async () => allOf(await scrape(), 'pg_stat_statements_query_id').length > 0)
  const first = await scrape()
  const named = allOf(first, 'pg_stat_statements_calls_total').filter(({ labels }) => labels.queryid !== 'other')
  t.ok(named.length > 10 && named.length <= 20, `${named.length} statements are exported`)
  t.equal(allOf(first, 'pg_stat_statements_query_id').length, new Set(named.map(({ labels }) => labels.queryid)).size)
  t.same(
    first.filter(({ name }) => name.startsWith('pg_stat_statements_') && !/_(calls_total|seconds_total|query_id)$/.test(name)),
    [],
    'only calls and seconds'
  )
  const [statements, runs] = [40, 7]
  // The SET ROLE that precedes the statements is counted for the new role.
  const calls = statements * runs + 1
  for (const name of teamDatabases) {
    const text = (columns: number) => `select ${Array.from({ length: columns }, () => 1).join(', ')} from item where id = 1`
    await server.sql(
      name,
      `set role ${name}_owner`,
      ...Array.from({ length: statements }, (_, index) => Array(runs).fill(text(index + 1))).flat()
    )
  }
  const callsOf = (samples: readonly PageSample[], datname: string) =>
    allOf(samples, 'pg_stat_statements_calls_total', { datname, user: `${datname}_owner` }).reduce((sum, { value }) => sum + value, 0)
  await until('all calls are counted', 60, async () => {
    const samples = await scrape()
    return teamDatabases.every((name) => callsOf(samples, name) >= calls)
  })
  const last = await scrape()
  t.same(
    teamDatabases.map((name) => callsOf(last, name)),
    teamDatabases.map(() => calls),
    'exactly'
  )
  t.ok((sampleValue(last, 'pg_stat_statements_calls_total', { datname: 'users', user: 'users_owner', queryid: 'other' }) ?? 0) > 0)
}

test('levels of detail bound the number of series', async (t) => {
  const server = await startManyTables({ tables: 60, statements: 170 })
  t.teardown(() => server.remove())
  await checkSizes(t, server)
  await t.test('statements at minimal are exact', async (t) => await checkStatements(t, server))
})
