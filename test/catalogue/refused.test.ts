import pg from 'pg'
import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { planQueries } from '../../src/plan/plan-queries.ts'
import { loadQueries } from '../../src/query/load.ts'
import { readFacts } from '../../src/server/facts.ts'
import { openSession } from '../../src/server/session.ts'
import { sqlParts } from '../../src/server/sql-parts.ts'
import { makeExporter } from '../exporter/run-exporter.ts'
import { allOf, type PageSample } from '../page/parse-page.ts'
import { refuse } from '../servers/refuse.ts'
import { startServer, type TestServer } from '../servers/start-server.ts'

const hour = 3_600_000

/** The functions and views that queries use, each with the names of its queries. */
async function readUses(server: TestServer): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const session = await openSession(parseDatabaseUrl(`${server.url('platform', 'pgvitals')}?sslmode=disable`))
  const uses = new Map<string, Set<string>>()
  try {
    const facts = await readFacts(session)
    const planned = planQueries(loadQueries(), [{ name: 'platform', isUp: true, facts, access: new Map([['labeler', 'read']]) }])
    for (const { query, sql } of planned) {
      for (const { schema, name } of sqlParts(sql ?? '')) {
        // Providers refuse administration functions and statistics views, not functions of values such as split_part().
        if (!/^(pg|has)_/.test(name)) continue
        const key = `${schema}.${name}`
        uses.set(key, (uses.get(key) ?? new Set()).add(query.name))
      }
    }
  } finally {
    await session.close()
  }
  return uses
}

/** A superuser session in `platform` that runs all statements: opening a session for each takes most of their CPU time. */
async function keepSession(server: TestServer) {
  const client = new pg.Client(server.url('platform'))
  await client.connect()
  const sql: TestServer['sql'] = async (_database, ...statements) => {
    try {
      let rows: Record<string, unknown>[] = []
      for (const statement of statements) rows = (await client.query(statement)).rows
      return rows
    } catch (error) {
      await client.query('rollback')
      throw error
    }
  }
  return { sql, end: () => client.end() }
}

/** The samples of queries, by name and labels. */
function valuesOf(samples: readonly PageSample[]): ReadonlyMap<string, number> {
  const own = /^pg_(up|database_up|database_info|disk_.*|exporter_.*|scrape_.*)$/
  const ofQueries = samples.filter(({ name }) => name.startsWith('pg_') && !own.test(name))
  return new Map(ofQueries.map(({ name, labels, value }) => [`${name} ${JSON.stringify(labels)}`, value]))
}

for (const major of [18] as const) {
  test(`each function that a query of PostgreSQL ${major} calls can be refused`, async (t) => {
    const server = await startServer({
      major,
      flags: ['wal_level=logical', 'archive_mode=on', 'archive_command=/bin/true', 'autovacuum=off']
    })
    t.teardown(() => server.remove())
    await server.sql(
      'postgres',
      "create role pgvitals login password 'secret' in role pg_monitor",
      'create role labeler',
      'create database platform',
      "select pg_create_physical_replication_slot('slot', true)"
    )
    const extensions = ['pg_stat_statements', ...(major >= 16 ? ['pg_buffercache'] : [])]
    await server.sql('platform', ...extensions.map((name) => `create extension ${name}`), 'create table item (id serial, note text)')
    await server.sql('platform', "insert into item (note) select repeat('x', 100) from generate_series(1, 1000)", 'vacuum analyze item')
    const uses = await readUses(server)
    t.ok(uses.size > 60, 'the functions and views were found')

    const start = async (queries: readonly string[]) => {
      let skipped = 0
      const clock = { now: () => performance.now() + skipped }
      const tested = makeExporter({ DATABASE_URL: server.url('platform', 'pgvitals') }, { queries, clock })
      const poll = async (laterMs: number) => {
        skipped += laterMs
        const before = server.log().length
        await tested.exporter.pollOnce()
        // The log arrives through a pipe.
        await new Promise((resolve) => setTimeout(resolve, 20))
        return (
          server
            .log()
            .slice(before)
            .match(/ERROR: /g) ?? []
        ).length
      }
      return { ...tested, poll }
    }
    const all = [...new Set([...uses.values()].flatMap((names) => [...names]))]
    const whole = await start(all)
    await whole.poll(0)
    const first = valuesOf(await whole.samples())
    await whole.poll(15_000)
    const second = valuesOf(await whole.samples())
    await whole.exporter.stop()

    const session = await keepSession(server)
    for (const [key, queries] of uses) {
      const [schema = '', name = ''] = key.split('.')
      const restore = await refuse(session, 'platform', name, { schema }).catch(() => undefined)
      // PostgreSQL cannot replace tables, aggregates and some functions with pseudo-types.
      if (restore === undefined) {
        continue
      }
      const { exporter, samples, poll } = await start([...queries])
      await poll(0)
      const again = await poll(15_000)
      const later = await poll(hour)
      const page = await samples()
      await exporter.stop()
      await restore()
      t.equal(again, 0, `${key}: no error in the second cycle`)
      const whole = allOf(page, 'pgvitals_query_refused').filter(({ labels }) => labels.part === `query ${labels.query}`).length
      t.ok(later <= 1 + whole, `${key}: at most one error after an hour, and one for each query refused as a whole, not ${later}`)
      t.same(
        allOf(page, 'pgvitals_query_success').filter(({ value }) => value !== 1),
        [],
        `${key}: no query fails`
      )
      const values = valuesOf(page)
      const zeros = [...values].filter(([sample, value]) => value === 0 && first.get(sample) !== 0 && second.get(sample) !== 0)
      const wrong = zeros.filter(([sample]) => first.has(sample) && second.has(sample))
      t.same(wrong, [], `${key}: no value is 0 instead of absent`)
    }
    await session.end()
  })
}
