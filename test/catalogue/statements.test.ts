import { test } from 'tap'
import { makeExporter, until } from '../exporter/run-exporter.ts'
import { IncreaseCounter } from '../page/count-increase.ts'
import { allOf, sampleValue } from '../page/parse-page.ts'
import { byFileCopy, type Major, startServer, type TestServer } from '../servers/start-server.ts'
import { createRandom } from '../statements/simulation.ts'
import { holdSession } from './held-session.ts'
import { runLoad, statementOf } from './statements-load.ts'

const databases = ['users', 'labeler']
const metrics = ['calls', 'seconds', 'rows'].map((name) => `pg_stat_statements_${name}_total`)
const histogram = ['sum', 'count'].map((name) => `pg_stat_statements_interval_mean_seconds_${name}`)
const statementQueries = ['stat_statements', 'stat_statements_query_id']
const everySecond = '{ stat_statements: { interval: 1s }, stat_statements_query_id: { interval: 1s } }'

async function startStatements(major: Major, extension: string | undefined): Promise<TestServer> {
  const server = await startServer({ major, flags: ['pg_stat_statements.track=all', 'pg_stat_statements.max=5000'] })
  await server.sql(
    'postgres',
    ...['platform', ...databases].map((name) => `create database ${name} ${byFileCopy(major)}`),
    ...['app', 'admin'].map((role) => `create role ${role} login password 'secret'`),
    "create role pgvitals login password 'secret'",
    'grant pg_monitor to pgvitals'
  )
  await server.sql('platform', `create extension pg_stat_statements ${extension === undefined ? '' : `version '${extension}'`}`)
  return server
}

/** The counters of PostgreSQL itself by metric and database. */
async function truthOf(server: TestServer): Promise<ReadonlyMap<string, number>> {
  const rows = await server.sql(
    'platform',
    `select d.datname, sum(s.calls)::float8 as calls, sum(s.total_exec_time)::float8 / 1000 as seconds, sum(s.rows)::float8 as rows
     from pg_stat_statements(false) as s join pg_database as d on d.oid = s.dbid group by 1`
  )
  return new Map(
    rows.flatMap((row) =>
      ['calls', 'seconds', 'rows'].map((name) => [`pg_stat_statements_${name}_total ${row.datname}`, Number(row[name])] as const)
    )
  )
}

const versions = [[13], [15], [18], [18, '1.8']] as const

test('600 statements with a changing load: scrapers of every period see what PostgreSQL counted', async (t) => {
  const outcomes = await Promise.all(
    versions.map(async ([major, extension], index) => {
      const server = await startStatements(major, extension)
      t.teardown(() => server.remove())
      const environment = { DATABASE_URL: server.url('platform', 'pgvitals'), PGVITALS_QUERIES: everySecond }
      const { exporter, page, samples } = makeExporter(environment, { queries: statementQueries })
      t.teardown(() => exporter.stop())
      // Earlier statements, which must not be counted.
      await runLoad(server, databases, 3, createRandom(index))
      await exporter.start()
      await until('the first statements', 10, async () => allOf(await samples(), metrics[0] ?? '').length > 0)
      const before = await truthOf(server)
      const scrapers = [1, 2, 4].map((periodSeconds) => ({ periodSeconds, counter: new IncreaseCounter() }))
      let tick = 0
      const scrape = async () => {
        const text = await page()
        for (const { periodSeconds, counter } of scrapers) {
          if (tick % periodSeconds !== 0) continue
          counter.scrape(text, new Set([...metrics, ...histogram]))
          exporter.scraped(`every ${periodSeconds} s`)
        }
        tick++
      }
      await scrape()
      const timer = setInterval(scrape, 1000)
      await runLoad(server, databases, 30, createRandom(index + 100))
      const after = await truthOf(server)
      const key = (datname: string) => `${metrics[0]} ${datname}`
      const isComplete = () =>
        scrapers.every(({ counter }) =>
          databases.every(
            (datname) => (counter.increase.get(key(datname)) ?? 0) >= (after.get(key(datname)) ?? 0) - (before.get(key(datname)) ?? 0)
          )
        )
      await until('every scraper has seen all calls', 60, isComplete)
      // Anything counted twice would follow within two scrapes of the slowest scraper.
      const completeAt = tick
      await until('every scraper has scraped twice more', 60, () => tick >= completeAt + 12)
      clearInterval(timer)
      return {
        name: `PostgreSQL ${major}${extension === undefined ? '' : ` with extension ${extension}`}`,
        before,
        after,
        scrapers,
        samples: await samples()
      }
    })
  )
  for (const { name, before, after, scrapers, samples } of outcomes) {
    for (const { periodSeconds, counter } of scrapers) {
      for (const datname of databases) {
        for (const metric of metrics) {
          const truth = (after.get(`${metric} ${datname}`) ?? 0) - (before.get(`${metric} ${datname}`) ?? 0)
          const seen = counter.increase.get(`${metric} ${datname}`) ?? 0
          t.ok(
            truth > 0 && Math.abs(seen - truth) < 1e-6 * truth,
            `${name}, every ${periodSeconds} s, ${metric} of ${datname}: ${seen} of ${truth}`
          )
        }
        for (const [part, metric] of [
          ['sum', 'seconds'],
          ['count', 'calls']
        ] as const) {
          const seen = counter.increase.get(`pg_stat_statements_interval_mean_seconds_${part} ${datname}`) ?? 0
          const all = counter.increase.get(`pg_stat_statements_${metric}_total ${datname}`) ?? 0
          t.ok(Math.abs(seen - all) < 1e-6 * all, `${name}: the histogram's ${part} is that of all statements: ${seen} of ${all}`)
        }
      }
    }
    const shown = allOf(samples, 'pg_stat_statements_calls_total').filter(({ labels }) => labels.queryid !== 'other')
    t.ok(shown.length >= 50 && shown.length <= 100, `${name}: ${shown.length} named series`)
    t.same(
      shown.filter(({ labels }) => labels.user === 'pgvitals'),
      [],
      'statements of pgvitals are not named'
    )
    t.ok(sampleValue(samples, 'pg_stat_statements_calls_total', { user: 'pgvitals', datname: 'platform', queryid: 'other' }), 'but counted')
    t.ok((sampleValue(samples, 'pg_stat_statements_new_total', { datname: 'users' }) ?? 0) > 50, 'new statements are counted')
    t.ok(allOf(samples, 'pg_stat_statements_query_id').length > 20, 'statements have their texts')
  }
})

test('statement texts have one line, no literals, one series for each queryid, and are read once in five minutes', async (t) => {
  const server = await startStatements(18, undefined)
  t.teardown(() => server.remove())
  await server.sql(
    'users',
    "alter role app password 'hidden-secret'",
    '/* a comment */ select count(*)\n  from pg_class -- end',
    statementOf(1)
  )
  const { exporter, page, samples } = makeExporter(
    { DATABASE_URL: server.url('platform', 'pgvitals'), PGVITALS_QUERIES: everySecond },
    { queries: statementQueries }
  )
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const texts = allOf(await samples(), 'pg_stat_statements_query_id')
  const queries = texts.map(({ labels }) => labels.query)
  t.ok(queries.includes('alter role app password …'))
  t.ok(queries.includes('select count(*) from pg_class'))
  t.notMatch(await page(), /hidden-secret/)
  t.equal(new Set(texts.map(({ labels }) => labels.queryid)).size, texts.length)
  await server.sql('users', statementOf(2), statementOf(3))
  const polledAt = () => exporter.snapshots().find(({ query }) => query === 'stat_statements')?.succeededAt
  const first = polledAt()
  await until('the statements are polled again', 10, async () => {
    await exporter.pollOnce()
    return polledAt() !== first
  })
  const [reads] = await server.sql('platform', "select calls from pg_stat_statements where query like 'select distinct on (s.queryid%'")
  t.equal(Number(reads?.calls), 1)
  t.ok(allOf(await samples(), 'pg_stat_statements_query_id').length >= texts.length, 'known texts remain')
})

test('a text with an invalid encoding affects no other text, and a poll without a search does not end a failure', async (t) => {
  const server = await startStatements(18, undefined)
  t.teardown(() => server.remove())
  await server.sql('postgres', "create database ascii encoding 'SQL_ASCII' template template0")
  await server.sql('users', 'select count(*) as "Zähler" from pg_class')
  const { exporter, samples, logged } = makeExporter(
    {
      PLATFORM_DATABASE_URL: server.url('platform', 'pgvitals'),
      ASCII_DATABASE_URL: server.url('ascii', 'pgvitals'),
      PGVITALS_QUERIES: everySecond
    },
    { queries: statementQueries }
  )
  t.teardown(() => exporter.stop())
  const texts = async () => allOf(await samples(), 'pg_stat_statements_query_id').map(({ labels }) => labels.query)
  const known = 'select count(*) as "Zähler" from pg_class'
  const success = async () => sampleValue(await samples(), 'pgvitals_query_success', { query: 'stat_statements_query_id' })
  const polledAt = () => exporter.snapshots().find(({ query }) => query === 'stat_statements_query_id')?.succeededAt ?? 0
  const polls = async (count: number) => {
    for (let poll = 0; poll < count; poll++) {
      const before = polledAt()
      await until('the next poll', 30, () => polledAt() !== before)
    }
  }
  // select /* caf\xe9 */ 1
  await server.sql(
    'ascii',
    "do $$ begin execute convert_from('\\x73656c656374202f2a20636166e9202a2f2031', 'SQL_ASCII'); end $$",
    "do $$ begin execute 'select 1 + 2 as \"' || chr(255) || '\"'; end $$"
  )
  await exporter.start()
  await until('the search failed', 60, async () => (await success()) === 0)
  await polls(3)
  t.equal(await success(), 0, 'until a search succeeds')
  t.ok(allOf(await samples(), 'pg_stat_statements_calls_total').length > 1, 'the counters are exported')
  t.equal(sampleValue(await samples(), 'pgvitals_errors_total', { class: 'encoding' }), 1, 'one attempt, one error')
  t.equal(logged.filter(({ msg }) => /^query failed/.test(String(msg))).length, 1)
  await server.sql('ascii', 'create extension pg_stat_statements')
  await until('the other database is searched at once', 60, async () => (await texts()).includes(known))
  t.equal(await success(), 1)
  t.ok((await texts()).includes('select $1 + $2 as "\ufffdff"'))
})

test('entries, evictions and resets of pg_stat_statements', async (t) => {
  const server = await startServer({ flags: ['pg_stat_statements.max=100'] })
  t.teardown(() => server.remove())
  await server.sql('postgres', 'create database platform', "create role pgvitals login password 'secret'", 'grant pg_monitor to pgvitals')
  await server.sql('platform', 'create extension pg_stat_statements', ...Array.from({ length: 150 }, (_, number) => statementOf(number)))
  const { exporter, samples } = makeExporter(
    { DATABASE_URL: server.url('platform', 'pgvitals') },
    { queries: ['stat_statements_entries', 'stat_statements_info'] }
  )
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  t.ok((sampleValue(all, 'pg_stat_statements_dealloc_total') ?? 0) > 0)
  t.equal(sampleValue(all, 'pg_stat_statements_max_entries'), 100)
  const entries = sampleValue(all, 'pg_stat_statements_entries') ?? 0
  t.ok(entries > 50 && entries <= 100, `${entries}`)
  const age = Date.now() / 1000 - (sampleValue(all, 'pg_stat_statements_stats_reset_timestamp_seconds') ?? 0)
  t.ok(age >= 0 && age < 60, `${age}`)
})

test('every column of a statement agrees with PostgreSQL', async (t) => {
  const flags = [
    'pg_stat_statements.track_planning=on',
    'track_io_timing=on',
    'jit_above_cost=0',
    'jit=on',
    'shared_buffers=1MB',
    'temp_buffers=100',
    'work_mem=64kB'
  ]
  const server = await startServer({ flags })
  t.teardown(() => server.remove())
  await server.sql(
    'postgres',
    'create database platform',
    "create role pgvitals login password 'secret'",
    'grant pg_monitor to pgvitals',
    "create role app superuser login password 'secret'"
  )
  await server.sql('platform', 'create extension pg_stat_statements')
  const app = await holdSession(server, 'platform', 'app')
  t.teardown(() => app.end())
  await app.run('select 1')
  const environment = { DATABASE_URL: server.url('platform', 'pgvitals'), PGVITALS_QUERIES: everySecond }
  const { exporter, samples } = makeExporter(environment, { queries: ['stat_statements'] })
  t.teardown(() => exporter.stop())
  exporter.start()
  await until('the first poll', 10, () => exporter.isReady())
  // Increments of a series are shown once every scraper has seen it at 0.
  for (let scrape = 0; scrape < 2; scrape++) exporter.scraped('prometheus')
  const read = async () =>
    await server.sql('platform', "select *, queryid::text as id from pg_stat_statements where userid = 'app'::regrole")
  const before = countersOf(await read())
  const work = 'select count(*) from (select a.id from item as a order by md5(a.id::text)) as sorted'
  await app.run(
    'create table item as select id from generate_series(1, 60000) as id',
    'create temp table own as select id from generate_series(1, 60000) as id',
    'update own set id = id + 1',
    'select count(*) from own',
    work,
    work
  )
  const entries = await read()
  const calls = async () =>
    allOf(await samples(), 'pg_stat_statements_calls_total', { user: 'app' }).reduce((sum, { value }) => sum + value, 0)
  await until('all calls are counted', 30, async () => {
    exporter.scraped('prometheus')
    return (await calls()) >= 6
  })
  const all = await samples()
  const seen = new Set<string>()
  for (const [column, value] of Object.entries(countersOf(entries))) {
    const counted = value - (before[column] ?? 0)
    const shown = allOf(all, column, { user: 'app', datname: 'platform' }).reduce((sum, sample) => sum + sample.value, 0)
    t.ok(Math.abs(shown - counted) <= 1e-9 * Math.abs(value), `${column}: ${shown}, ${counted}`)
    if (counted > 0) seen.add(column)
  }
  t.ok(seen.size >= 22, `${seen.size} counters have counted`)
  for (const entry of entries) {
    const labels = { user: 'app', queryid: String(entry.id) }
    for (const [column, milliseconds] of [
      ['pg_stat_statements_mean_seconds', entry.mean_exec_time],
      ['pg_stat_statements_max_seconds', entry.max_exec_time]
    ] as const) {
      const shown = sampleValue(all, column, labels) ?? Number.NaN
      t.ok(Math.abs(shown - Number(milliseconds) / 1000) <= 1e-9, `${column} of ${String(entry.query).slice(0, 30)}`)
    }
  }
})

/** The sum of each counter over entries of PostgreSQL 18, under the name of its metric. */
function countersOf(entries: readonly Record<string, unknown>[]): Readonly<Record<string, number>> {
  const sum = (name: string) => entries.reduce((total, entry) => total + Number(entry[name]), 0)
  const seconds = (...names: readonly string[]) => names.reduce((total, name) => total + sum(name), 0) / 1000
  const bytes = (name: string) => sum(name) * 8192
  return {
    pg_stat_statements_calls_total: sum('calls'),
    pg_stat_statements_seconds_total: seconds('total_exec_time'),
    pg_stat_statements_rows_total: sum('rows'),
    pg_stat_statements_plans_total: sum('plans'),
    pg_stat_statements_plan_seconds_total: seconds('total_plan_time'),
    pg_stat_statements_block_read_seconds_total: seconds('shared_blk_read_time'),
    pg_stat_statements_block_write_seconds_total: seconds('shared_blk_write_time'),
    pg_stat_statements_shared_hit_bytes_total: bytes('shared_blks_hit'),
    pg_stat_statements_shared_read_bytes_total: bytes('shared_blks_read'),
    pg_stat_statements_shared_dirtied_bytes_total: bytes('shared_blks_dirtied'),
    pg_stat_statements_shared_written_bytes_total: bytes('shared_blks_written'),
    pg_stat_statements_local_hit_bytes_total: bytes('local_blks_hit'),
    pg_stat_statements_local_read_bytes_total: bytes('local_blks_read'),
    pg_stat_statements_local_dirtied_bytes_total: bytes('local_blks_dirtied'),
    pg_stat_statements_local_written_bytes_total: bytes('local_blks_written'),
    pg_stat_statements_local_read_seconds_total: seconds('local_blk_read_time'),
    pg_stat_statements_local_write_seconds_total: seconds('local_blk_write_time'),
    pg_stat_statements_temp_read_bytes_total: bytes('temp_blks_read'),
    pg_stat_statements_temp_written_bytes_total: bytes('temp_blks_written'),
    pg_stat_statements_temp_read_seconds_total: seconds('temp_blk_read_time'),
    pg_stat_statements_temp_write_seconds_total: seconds('temp_blk_write_time'),
    pg_stat_statements_wal_records_total: sum('wal_records'),
    pg_stat_statements_wal_fpi_total: sum('wal_fpi'),
    pg_stat_statements_wal_bytes_total: sum('wal_bytes'),
    pg_stat_statements_jit_seconds_total: seconds(
      'jit_generation_time',
      'jit_inlining_time',
      'jit_optimization_time',
      'jit_emission_time',
      'jit_deform_time'
    )
  }
}
