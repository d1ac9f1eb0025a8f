import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { declare } from '../../src/poll/declare.ts'
import { poll } from '../../src/poll/poll.ts'
import { loadQueries } from '../../src/query/load.ts'
import { readFacts } from '../../src/server/facts.ts'
import type { Access } from '../../src/server/server.ts'
import { openSession } from '../../src/server/session.ts'
import { parsePage } from '../page/parse-page.ts'
import { startServer, type TestServer } from '../servers/start-server.ts'
import { accessCases } from './cases.ts'

const queries = loadQueries().filter((query) => query.name === 'access')

/** Polls as a role that has only pg_monitor, and returns the number of objects by privilege for one role. */
async function pollAccess(
  server: TestServer,
  database: string,
  role: string,
  access: Access
): Promise<Record<string, Record<string, number>>> {
  const session = await openSession(parseDatabaseUrl(`${server.url(database, 'pgvitals')}?sslmode=disable`))
  try {
    const [query] = queries
    if (query === undefined) throw new Error('the query "access" does not exist')
    const { texts } = await poll(declare(query, { access: new Map([[role, access]]) }), session, await readFacts(session), {})
    const found: Record<string, Record<string, number>> = { excess: {}, missing: {} }
    for (const { name, labels, value } of parsePage(texts.map(({ text }) => String(text)).join(''))) {
      const kind = found[name.replace('pg_access_', '')]
      if (kind !== undefined && labels.rolname === role) kind[labels.privilege ?? ''] = value
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
      t.same(await pollAccess(server, 'db', 'guest', access), { excess, missing }, name)
    }
  })
}

test('a database without declared access has no rows, and a role name with SQL metacharacters is quoted', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor", `create role "o'brien $& \\"`)
  t.same(await pollAccess(server, 'postgres', `o'brien $& \\`, 'none'), { excess: { connect: 1 }, missing: {} })
  const [query] = queries
  const session = await openSession(parseDatabaseUrl(`${server.url('postgres', 'pgvitals')}?sslmode=disable`))
  t.teardown(() => session.close())
  if (query !== undefined) t.equal((await poll(query, session, await readFacts(session), {})).rows, 0)
})
