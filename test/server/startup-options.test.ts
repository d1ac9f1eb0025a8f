import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { type Test, test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { ClassedError } from '../../src/server/error-class.ts'
import type { Answer } from '../../src/server/received-answer.ts'
import { openSession } from '../../src/server/session.ts'
import { StartupOptions } from '../../src/server/startup-options.ts'
import { createTeam, type Team } from '../servers/create-team.ts'
import type { Major } from '../servers/start-server.ts'

const options = { timeoutSeconds: 5, maxRows: 10 }

/** Settings that can end a session before its first command. */
const deadly = {
  18: ["transaction_timeout = '1ms'", "idle_session_timeout = '1ms'", "statement_timeout = '1ms'", "local_preload_libraries = 'absent'"],
  13: ["statement_timeout = '1ms'", "local_preload_libraries = 'absent'"]
} as const satisfies Partial<Record<Major, readonly string[]>>

/** Opens sessions in the database of the team labeler, one after the other, and counts the connections. */
async function makeOpener(t: Test, { server, url }: Team) {
  let connections = 0
  const relay = createServer((socket) => {
    connections++
    const upstream = connect(server.port, '127.0.0.1')
    socket.on('error', () => upstream.destroy()).pipe(upstream)
    upstream.on('error', () => socket.destroy()).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(relay, 'listening')
  t.teardown(() => relay.close())
  const address = relay.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const startup = new StartupOptions()
  /** The rows of a statement in a new session, and the number of connections that the session took. */
  return async (sql: string) => {
    const before = connections
    const session = await openSession({ ...parseDatabaseUrl(`${url('labeler')}?sslmode=disable`), port }, undefined, startup)
    const { rows } = await session.run(sql, options)
    await session.close()
    return { rows, connections: connections - before }
  }
}

const shown = "select current_setting('statement_timeout'), current_setting('search_path'), current_setting('geqo')"

for (const major of [18, 13] as const) {
  test(`a session starts despite the settings of its database and role on PostgreSQL ${major}`, async (t) => {
    const team = await createTeam(major)
    const { server, labeler, monitor } = team
    for (const level of [`database ${labeler}`, `role ${monitor}`, `role ${monitor} in database ${labeler}`]) {
      for (const planted of [...deadly[major].map((one) => [one]), deadly[major]]) {
        const name = `alter ${level} set ${planted.join(', ')}`
        for (const setting of planted) await server.sql('postgres', `alter ${level} set ${setting}`)
        const open = await makeOpener(t, team)
        // A library that is absent ends the first attempt before the version is known, so the second lacks newer settings.
        if (planted.length > 1) await open(shown).catch(() => {})
        for (const _ of [1, 2, 3]) {
          const { rows, connections } = await open(shown)
          t.same(rows, [['5s', 'pg_catalog', 'off']], name)
          t.ok(connections <= 3, name)
        }
        await server.sql('postgres', `alter ${level} reset all`)
      }
    }
  })
}

test('only the first session takes more connections, and options hide no other value of the server', async (t) => {
  const team = await createTeam()
  const { server, labeler } = team
  const open = await makeOpener(t, team)
  const sources = `select name, source, reset_val from pg_settings
    where name in ('idle_session_timeout', 'local_preload_libraries', 'statement_timeout', 'work_mem') order by name`
  const hidden = [
    ['idle_session_timeout', 'session', '0'],
    ['local_preload_libraries', 'client', ''],
    ['statement_timeout', 'session', '0'],
    ['work_mem', 'session', '4096']
  ]
  await server.sql('postgres', `alter database ${labeler} set local_preload_libraries = 'absent'`)
  t.same(await open(sources), { rows: hidden, connections: 3 })
  t.same(await open(sources), { rows: hidden, connections: 1 })
  await server.sql('postgres', `alter database ${labeler} reset local_preload_libraries`)
  const bare = hidden.with(1, ['local_preload_libraries', 'default', ''])
  t.same(await open(sources), { rows: bare, connections: 2 }, 'the first attempt finds that the setting is gone')
  t.same(await open(sources), { rows: bare, connections: 1 })

  // The trigger runs before the first command, and longer than the timeout.
  await server.sql(
    labeler,
    "create function slow() returns event_trigger language plpgsql as 'begin perform pg_sleep(0.1); end'",
    'create event trigger slow on login execute function slow()',
    `alter database ${labeler} set transaction_timeout = '20ms'`
  )
  t.same(await open("select current_setting('transaction_timeout')"), { rows: [['0']], connections: 3 })
  t.same((await open("select current_setting('transaction_timeout')")).connections, 1)
})

test('startup options depend on the last attempts', async (t) => {
  const failure = (code: string) => Object.assign(new Error('refused'), { code })
  const planted = (...names: string[]) => Promise.resolve({ rows: names.map((name) => [name]) } as unknown as Answer)
  const isRepeated = (options: StartupOptions, error: Error) => options.failed(error) === undefined
  const startup = new StartupOptions()
  t.equal(startup.start(), undefined, 'by default there are none')
  t.notOk(isRepeated(startup, failure('28P01')), 'a rejected login has no other cause')
  t.equal(startup.start(), undefined)
  t.ok(isRepeated(startup, failure('57014')))
  t.match(startup.start(), /-c statement_timeout=5s .*-c default_transaction_isolation=read\\ committed .*-c local_preload_libraries=$/)
  t.notMatch(startup.start(), /transaction_timeout/, 'a setting of newer versions is unknown to this server')
  t.notOk(isRepeated(startup, failure('25P04')), 'there is no third connection')
  t.match(startup.start(), / ?-c transaction_timeout=0/, 'the error proves the version')
  startup.loggedIn([18, 4])
  t.notOk(await startup.succeeded(() => planted('transaction_timeout', 'search_path', 'app.name')), 'other options hide values')
  t.equal(startup.start(), '-c transaction_timeout=0 -c search_path=pg_catalog')
  startup.loggedIn([18, 4])
  t.ok(await startup.succeeded(() => planted('transaction_timeout', 'search_path')))
  t.notOk(isRepeated(startup, failure('ECONNREFUSED')))
  t.equal(startup.start(), undefined, 'an unreachable server may be a different one afterwards')

  t.ok(isRepeated(startup, failure('57P05')))
  t.ok(startup.start())
  t.notOk(isRepeated(startup, failure('08P01')), 'PgBouncer refuses options')
  t.equal(startup.start(), undefined)
  t.notOk(isRepeated(startup, failure('57P05')), 'options are not sent again')
  t.equal(startup.start(), undefined)
  startup.loggedIn([18, 4])
  t.ok(await startup.succeeded(() => planted()))
  t.ok(isRepeated(startup, failure('57P05')), 'until a session has started')

  const closed = new StartupOptions()
  t.ok(isRepeated(closed, failure('42501')), 'a library that is not allowed')
  t.ok(closed.start())
  t.notOk(isRepeated(closed, failure('42501')), 'a database without CONNECT')
  t.equal(closed.start(), undefined)
  t.notOk(isRepeated(closed, failure('42501')))

  const pooled = new StartupOptions()
  pooled.start()
  pooled.loggedIn([])
  const unavailable = failure('08P01')
  t.equal(pooled.failed(unavailable), undefined)
  t.ok(pooled.start())
  t.equal(pooled.failed(failure('0A000')), unavailable, 'refused options are not the reason')

  const ignoring = new StartupOptions()
  const attempts = [1, 2, 3, 4].map(() => {
    const hasOptions = ignoring.start() !== undefined
    ignoring.loggedIn([])
    return [hasOptions, isRepeated(ignoring, failure('08006'))]
  })
  const both = [
    [false, true],
    [true, false]
  ]
  t.same(attempts, [...both, [false, false], [false, false]], 'options without effect are not sent in every poll cycle')

  const slow = new StartupOptions()
  slow.start()
  slow.loggedIn([])
  t.notOk(isRepeated(slow, new ClassedError('timeout', 'the pooler did not respond')))
  t.ok(slow.start())
  t.ok(isRepeated(slow, failure('08P01')), 'a pooler that refuses options responds again')
  t.equal(slow.start(), undefined)

  const late = new StartupOptions()
  late.start()
  late.loggedIn([14, 2])
  t.notOk(isRepeated(late, new ClassedError('timeout', 'the server did not respond')), 'the next poll cycle tries again')
  t.match(late.start(), /idle_session_timeout/)
  late.loggedIn([14, 2])
  t.notOk(await late.succeeded(() => planted('app.name')))
  t.equal(late.start(), undefined)
  t.notOk(isRepeated(late, failure('57014')), 'the cause is not a setting of the database or role')
  t.equal(late.start(), undefined)
})
