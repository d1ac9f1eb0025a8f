import pg from 'pg'
import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { planQueries } from '../../src/plan/plan-queries.ts'
import { loadQueries } from '../../src/query/load.ts'
import { type Facts, readFacts } from '../../src/server/facts.ts'
import type { Access } from '../../src/server/server.ts'
import { openSession } from '../../src/server/session.ts'
import { startServer, type TestServer } from '../servers/start-server.ts'
import { accessCases } from './cases.ts'

const queries = loadQueries().filter((query) => query.name === 'access')

type Counts = Readonly<Record<string, number>>

/** Reads the facts of a database as the role `pgvitals`. */
async function factsOf(server: TestServer, database: string): Promise<Facts> {
  const session = await openSession(parseDatabaseUrl(`${server.url(database, 'pgvitals')}?sslmode=disable`))
  return await readFacts(session).finally(() => session.close())
}

/** The final SQL for one role with a declared access. */
function plannedSql(name: string, facts: Facts, role: string, access: Access): string {
  const [planned] = planQueries(queries, [{ name, isUp: true, facts, access: new Map([[role, access]]) }])
  if (planned?.sql === undefined) throw new Error('the query "access" is not planned')
  return planned.sql
}

/** The number of objects by privilege for one role. */
function countsOf(rows: readonly Readonly<Record<string, unknown>>[], role: string): { readonly excess: Counts; readonly missing: Counts } {
  const counts = (kind: 'excess' | 'missing') =>
    Object.fromEntries(rows.flatMap((row) => (row.rolname === role && row[kind] != null ? [[row.privilege, Number(row[kind])]] : [])))
  return { excess: counts('excess'), missing: counts('missing') }
}

const prepared = [
  'create role guest login',
  'create role owner',
  'alter database db owner to owner',
  'create schema app authorization owner',
  'set local role owner',
  'create table app.item (id serial primary key)',
  'create table app.note (id int generated always as identity)',
  'create view app.item_view as select * from app.item',
  'reset role'
]

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: granted privileges compared with the declared access`, async (t) => {
    const server = await startServer({ major })
    t.teardown(() => server.remove())
    await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor")
    const cases = accessCases.filter(({ from = 13, to = 18 }) => from <= major && major <= to)
    t.ok(cases.length >= 40)
    await server.sql('postgres', 'create database db')
    const facts = await factsOf(server, 'db')
    await server.sql('db', 'revoke all on database db from public', 'drop schema public cascade')
    const client = new pg.Client({ connectionString: server.url('db') })
    await client.connect()
    t.teardown(() => client.end())
    // Rolling back a transaction takes a fifth of the time of dropping all objects.
    for (const { name, access, sql, excess = {}, missing = {} } of cases) {
      for (const statement of ['begin', ...prepared, ...sql, 'set local role pgvitals']) await client.query(statement)
      const { rows } = await client.query(plannedSql('db', facts, 'guest', access))
      t.same(countsOf(rows, 'guest'), { excess, missing }, name)
      await client.query('rollback')
    }
  })
}

test('a database without declared access has no rows, and a role name with SQL metacharacters is quoted', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor", `create role "o'brien $& \\"`)
  const role = `o'brien $& \\`
  const rows = await server.sql('postgres', plannedSql('postgres', await factsOf(server, 'postgres'), role, 'none'))
  t.same(countsOf(rows, role), { excess: { connect: 1 }, missing: {} })
  const session = await openSession(parseDatabaseUrl(`${server.url('postgres', 'pgvitals')}?sslmode=disable`))
  t.teardown(() => session.close())
  const [planned] = planQueries(queries, [{ name: 'postgres', isUp: true, facts: await readFacts(session), access: new Map() }])
  t.match(planned, { sql: undefined, skipped: /declared access/ })
  const [query] = queries
  if (query !== undefined) t.same((await session.run(query.sql, query)).rows, [], 'the file itself, without the setting')
})
