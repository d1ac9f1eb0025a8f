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

/** What one poll as a role with pg_monitor alone says of the role: privileges and numbers of objects. */
async function judge(server: TestServer, database: string, role: string, access: Access): Promise<Record<string, Record<string, number>>> {
  const session = await openSession(parseDatabaseUrl(`${server.url(database, 'pgvitals')}?sslmode=disable`))
  try {
    const [query] = queries
    if (query === undefined) throw new Error('there is no query "access"')
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

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: what is granted against what is declared`, async (t) => {
    const server = await startServer({ major })
    t.teardown(() => server.remove())
    await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor")
    const cases = accessCases.filter(({ from = 13, to = 18 }) => from <= major && major <= to)
    t.ok(cases.length >= 40)
    for (const [index, { name, access, sql, excess = {}, missing = {} }] of cases.entries()) {
      const named = (text: string) => text.replaceAll('$', `_${index}`)
      const [database, owner, guest] = [`db_${index}`, `owner_${index}`, `guest_${index}`]
      await server.sql('postgres', `create role ${guest} login`, `create role ${owner}`, `create database ${database} owner ${owner}`)
      await server.sql(
        database,
        `revoke connect on database ${database} from public`,
        `grant connect on database ${database} to pgvitals`,
        'drop schema public',
        `create schema app authorization ${owner}`,
        `set role ${owner}`,
        'create table app.item (id serial primary key)',
        'create table app.note (id int generated always as identity)',
        'create view app.item_view as select * from app.item',
        'reset role',
        ...sql.map(named)
      )
      t.same(await judge(server, database, guest, access), { excess, missing }, name)
    }
  })
}

test('without declarations it says nothing, and a name that means something to SQL does no harm', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor", `create role "o'brien $& \\"`)
  t.same(await judge(server, 'postgres', `o'brien $& \\`, 'none'), { excess: { connect: 1 }, missing: {} })
  const [query] = queries
  const session = await openSession(parseDatabaseUrl(`${server.url('postgres', 'pgvitals')}?sslmode=disable`))
  t.teardown(() => session.close())
  if (query !== undefined) t.equal((await poll(query, session, await readFacts(session), {})).rows, 0)
})
