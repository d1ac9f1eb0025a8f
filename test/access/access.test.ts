import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { planQueries } from '../../src/plan/plan-queries.ts'
import { loadQueries } from '../../src/query/load.ts'
import { readFacts } from '../../src/server/facts.ts'
import type { Access } from '../../src/server/server.ts'
import { openSession } from '../../src/server/session.ts'
import { startServer, type TestServer } from '../servers/start-server.ts'
import { accessCases } from './cases.ts'

const queries = loadQueries().filter((query) => query.name === 'access')

/** Runs the query as a role that has only pg_monitor, and returns the number of objects by privilege for one role. */
async function readAccess(
  server: TestServer,
  database: string,
  role: string,
  access: Access
): Promise<Record<string, Record<string, number>>> {
  const session = await openSession(parseDatabaseUrl(`${server.url(database, 'pgvitals')}?sslmode=disable`))
  try {
    const candidate = { name: database, isUp: true, facts: await readFacts(session), access: new Map([[role, access]]) }
    const [planned] = planQueries(queries, [candidate])
    if (planned?.sql === undefined) throw new Error('the query "access" is not planned')
    const { columns, rows } = await session.run(planned.sql, planned.query)
    const found: Record<string, Record<string, number>> = { excess: {}, missing: {} }
    for (const row of rows) {
      const { rolname, privilege, ...counts } = Object.fromEntries(columns.map((column, index) => [column, row[index]]))
      if (rolname !== role) continue
      for (const kind of ['excess', 'missing'] as const) {
        const count = counts[kind]
        if (count != null) found[kind] = { ...found[kind], [privilege ?? '']: Number(count) }
      }
    }
    return found
  } finally {
    await session.close()
  }
}

const names = ['guest', 'guest_group', 'guest_far', 'owner']

/** Removes everything that a case created. */
const reset = [
  'drop schema if exists public, app, shared cascade',
  'alter database db owner to postgres',
  'revoke all on database db from public',
  `do $$
    declare name text;
    begin
      for name in select rolname from pg_roles where rolname = any ('{${names.join(',')}}') loop
        execute format('drop owned by %I cascade', name);
      end loop;
    end $$`,
  `drop role if exists ${names.join(', ')}`
]

const prepared = [
  'create role guest login',
  'create role owner',
  'alter database db owner to owner',
  'grant connect on database db to pgvitals',
  'create schema app authorization owner',
  'set role owner',
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
    for (const { name, access, sql, excess = {}, missing = {} } of cases) {
      await server.sql('db', ...reset, ...prepared, ...sql)
      t.same(await readAccess(server, 'db', 'guest', access), { excess, missing }, name)
    }
  })
}

test('a database without declared access has no rows, and a role name with SQL metacharacters is quoted', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor", `create role "o'brien $& \\"`)
  t.same(await readAccess(server, 'postgres', `o'brien $& \\`, 'none'), { excess: { connect: 1 }, missing: {} })
  const session = await openSession(parseDatabaseUrl(`${server.url('postgres', 'pgvitals')}?sslmode=disable`))
  t.teardown(() => session.close())
  const [planned] = planQueries(queries, [{ name: 'postgres', isUp: true, facts: await readFacts(session), access: new Map() }])
  t.match(planned, { sql: undefined, skipped: /declared access/ })
  const [query] = queries
  if (query !== undefined) t.same((await session.run(query.sql, query)).rows, [], 'the file itself, without the setting')
})
