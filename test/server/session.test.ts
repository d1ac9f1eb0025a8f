import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { classOf } from '../../src/server/error-class.ts'
import { openSession } from '../../src/server/session.ts'
import { freePort, startServer } from '../servers/start-server.ts'

const options = { timeoutSeconds: 5, maxRows: 10 }

test('sessions', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  const open = (url: string) => openSession(parseDatabaseUrl(`${url}?sslmode=disable`))

  t.test('a session has its own settings and runs in autocommit', async (t) => {
    const session = await open(server.url('postgres'))
    t.teardown(() => session.close())
    const names = [
      'application_name',
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'idle_session_timeout',
      'default_transaction_read_only',
      'default_transaction_isolation',
      'default_transaction_deferrable',
      'search_path',
      'jit',
      'max_parallel_workers_per_gather'
    ]
    const { rows } = await session.run(`select ${names.map((name) => `current_setting('${name}')`).join(', ')}`, options)
    t.same(rows, [['pgvitals', '5s', '1s', '10s', '0', 'on', 'read committed', 'off', 'pg_catalog', 'off', '0']])
    const first = await session.run('select now()', options)
    const second = await session.run('select now()', options)
    t.not(first.rows[0]?.[0], second.rows[0]?.[0], 'each statement runs in its own transaction')
  })

  t.test('a result is in PostgreSQL text format, with null for null; rows beyond the limit are counted', async (t) => {
    const session = await open(server.url('postgres'))
    t.teardown(() => session.close())
    t.same(await session.run("select 9223372036854775807 as a, 'NaN'::numeric as b, null::int as c, true as d", options), {
      columns: ['a', 'b', 'c', 'd'],
      rows: [['9223372036854775807', 'NaN', null, 't']],
      cutRows: 0
    })
    t.match(await session.run('select g from generate_series(1, 25) as g', options), { cutRows: 15, rows: { length: 10 } })
    t.match(await session.run('select 1 as a where false', options), { columns: ['a'], rows: [] }, 'an empty result has its columns')
  })

  t.test('parameters are bound by the server and are never part of the SQL text', async (t) => {
    const session = await open(server.url('postgres'))
    t.teardown(() => session.close())
    const parameters = ["'; drop table x; --", null, '7']
    t.same((await session.run('select $1::text, $2::text, $3::int + 1', { ...options, parameters })).rows, [[parameters[0], null, '8']])
    t.match(await session.run('select 1', options), { rows: [['1']] }, 'the next statement has none')
    await t.rejects(session.run('select 1', { ...options, parameters: ['1'] }), { code: '08P01' })
  })

  t.test('a statement is prepared at its second run, under a bounded number of names', async (t) => {
    const session = await open(server.url('postgres'))
    t.teardown(() => session.close())
    const prepared = "select count(*) filter (where statement ~ 'once|often|many') from pg_prepared_statements"
    const count = async () => (await session.run(`${prepared} -- ${Math.random()}`, options)).rows[0]?.[0]
    await session.run('select 1 as once', options)
    t.equal(await count(), '0')
    for (const parameters of [['1'], ['2'], ['3'], [null]]) {
      const { rows } = await session.run('select $1::int as often', { ...options, parameters })
      t.same(rows, [parameters])
    }
    t.equal(await count(), '1')
    await session.run('select 1 as once', options)
    t.equal(await count(), '2')
    for (let number = 0; number < 250; number++) {
      for (const _ of [1, 2]) await session.run(`select ${number} as many`, options)
    }
    const known = Number(await count())
    t.ok(known > 80 && known <= 101, `${known} names`)
    t.same((await session.run('select $1::int as often', { ...options, parameters: ['4'] })).rows, [['4']], 'closed and run again')
  })

  t.test('a prepared statement reflects changes of the schema, of privileges and of settings in the same poll', async (t) => {
    await server.sql('postgres', 'create schema s', 'create view s.v as select 1 as a', 'create role reader login password $$secret$$')
    await server.sql('postgres', 'grant usage on schema s to reader', 'grant select on s.v to reader')
    const session = await open(server.url('postgres', 'reader'))
    t.teardown(() => session.close())
    const read = async () => (await session.run('select * from s.v', options)).rows
    const twice = async () => [await read(), await read(), await read()][2]
    t.same(await twice(), [['1']])
    await server.sql('postgres', 'drop view s.v', 'create view s.v as select 2::text as a, 3 as b', 'grant select on s.v to reader')
    t.same(await read(), [['2', '3']], 'a replaced view with other columns')
    t.same(await twice(), [['2', '3']])
    await server.sql('postgres', 'revoke select on s.v from reader')
    await t.rejects(read(), { code: '42501' }, 'a revoked privilege')
    await server.sql('postgres', 'grant select on s.v to reader')
    t.same(await twice(), [['2', '3']])
    await server.sql('postgres', 'drop view s.v')
    await t.rejects(read(), { code: '42P01' }, 'a dropped view')
    const shown = async (timeoutSeconds: number) =>
      (await session.run("select current_setting('statement_timeout')", { ...options, timeoutSeconds })).rows[0]?.[0]
    t.same([await shown(5), await shown(5), await shown(3), await shown(5)], ['5s', '5s', '3s', '5s'])
    const sleep = () => session.run('select pg_sleep(1.5)', { timeoutSeconds: 1, maxRows: 1 })
    await t.rejects(sleep(), { code: '57014' }, 'the timeout of a statement applies to it')
    t.equal(await shown(1), '1s')
    await session.run('deallocate all', options)
    t.equal(await shown(5), '5s', 'a name that is not known to the server')
  })

  t.test('a second statement and a write are rejected', async (t) => {
    const session = await open(server.url('postgres'))
    t.teardown(() => session.close())
    await t.rejects(session.run('select 1; select 2', options), { code: '42601' })
    await t.rejects(session.run('create table x ()', options), { code: '25006' })
    t.match(await session.run('select 1', options), { rows: [['1']] }, 'the session stays usable')
  })

  t.test('the server cancels a statement at its timeout, and the session stays open', async (t) => {
    const session = await open(server.url('postgres'))
    t.teardown(() => session.close())
    await t.rejects(session.run('select pg_sleep(30)', { timeoutSeconds: 1, maxRows: 1 }), { code: '57014' })
    t.match(await session.run("select current_setting('statement_timeout')", options), { rows: [['5s']] })
    t.ok(session.isOpen())
  })

  t.test('the connection is closed if the server does not cancel in time', async (t) => {
    const session = await open(server.url('postgres'))
    const hanging = session.run('select pg_sleep(30)', { timeoutSeconds: 1, maxRows: 1 })
    // A stopped backend does not respond at all.
    const [{ pid } = {}] = await server.sql(
      'postgres',
      "select pid from pg_stat_activity where application_name = 'pgvitals' and query like '%pg_sleep%'"
    )
    process.kill(Number(pid), 'SIGSTOP')
    t.teardown(() => process.kill(Number(pid), 'SIGCONT'))
    await t.rejects(hanging, /the server did not respond within 3 s; the connection was closed/)
    t.notOk(session.isOpen())
    t.equal(classOf(await session.run('select 1', options).catch((error: unknown) => error)), 'network')
  })

  t.test('a lost connection is a network error and does not end the process', async (t) => {
    const session = await open(server.url('postgres'))
    await server.sql('postgres', "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pgvitals'")
    while (session.isOpen()) await delay(10)
    t.equal(classOf(await session.run('select 1', options).catch((error: unknown) => error)), 'network')
  })

  t.test('a wrong password, a missing database and a closed port have different classes', async (t) => {
    const cases = [
      [server.url('postgres', 'postgres', 'wrong'), 'auth'],
      [server.url('nowhere'), 'no_database'],
      [`postgresql://u:p@127.0.0.1:${await freePort()}/x`, 'network'],
      ['postgresql://u:p@no.such.host.invalid/x', 'network']
    ] as const
    for (const [url, expected] of cases) {
      const error = await open(url).catch((failure: unknown) => failure)
      t.equal(classOf(error), expected, expected)
      t.notMatch((error as Error).message, /wrong|secret/)
    }
  })

  t.test('a server that accepts and never responds fails within the connection timeout', async (t) => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    t.teardown(() => silent.close())
    await new Promise((resolve) => silent.once('listening', resolve))
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : 0
    await t.rejects(open(`postgresql://u:p@127.0.0.1:${port}/x`), { errorClass: 'network', message: 'cannot connect: timeout expired' })
  })

  t.test('an invalid byte in a SQL_ASCII database is escaped, and the rest of the row is kept', async (t) => {
    await server.sql('postgres', "create database ascii encoding 'SQL_ASCII' template template0")
    await server.sql('ascii', "do $$ begin execute convert_from('\\x637265617465207461626c652022eeff2220282920', 'SQL_ASCII'); end $$")
    const session = await open(server.url('ascii'))
    t.teardown(() => session.close())
    const sql = 'select relname, $1 as b from pg_stat_user_tables'
    const { rows } = await session.run(sql, { ...options, parameters: ['größe'] })
    t.same(rows, [['\ufffdee\ufffdff', 'größe']])
  })
})
