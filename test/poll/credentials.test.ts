import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { Credentials, TakenOver } from '../../src/poll/credentials.ts'
import { ClassedError } from '../../src/server/error-class.ts'
import type { Connection } from '../../src/server/server.ts'

const tls = { mode: 'prefer', ca: undefined, cert: undefined, key: undefined } as const
const to = (database: string, password: Connection['password'] = 'p'): Connection => ({
  host: 'h',
  port: 5432,
  user: 'u',
  password,
  database,
  tls
})

/** Credentials on a clock of their own, and the databases that were really tried. */
function make(t: Test) {
  let now = 1000
  t.intercept(performance, 'now', { value: () => now })
  const tried: string[] = []
  let accepted = 0
  const credentials = new Credentials(() => accepted++)
  const attempt = async (connection: Connection, failure?: Error) => {
    const opening = credentials.attempt(connection, async () => {
      tried.push(connection.database)
      await new Promise((resolve) => setTimeout(resolve, 10))
      if (failure !== undefined) throw failure
      return 'open'
    })
    return await opening.catch((error: unknown) => error)
  }
  const wait = (seconds: number) => {
    now += seconds * 1000
  }
  return { credentials, attempt, tried, accepted: () => accepted, wait }
}

const wrong = new ClassedError('auth', 'wrong (28P01)')

test('of all databases that have a credential one tries it, and all take its refusal', async (t) => {
  const { credentials, attempt, tried, accepted, wait } = make(t)
  const all = ['a', 'b', 'c', 'd'].map((name) => to(name))
  const [first, ...others] = await Promise.all(all.map((connection) => attempt(connection, wrong)))
  t.equal(first, wrong)
  for (const other of others) t.match(other, new TakenOver('auth', 'wrong (28P01)'))
  t.same(tried, ['a'])
  t.ok(await credentials.isRefused(to('e')))
  t.notOk(await credentials.isRefused(to('a', 'q')), 'another one is independent')
  t.equal(await attempt(to('e', 'q')), 'open')

  wait(14)
  await Promise.all(all.map((connection) => attempt(connection, wrong)))
  t.same(tried, ['a', 'e', 'a'], 'again after a while')
  wait(28)
  await attempt(to('b'), wrong)
  t.equal(tried.length, 3, 'which grows')
  wait(1)
  t.equal(accepted(), 0)
  t.equal(await attempt(to('b')), 'open')
  t.equal(accepted(), 1, 'and once it is good, the others hear of it')
  t.notOk(await credentials.isRefused(to('c')))
})

test('while it is good nobody waits in vain: those that come at once open one after the first', async (t) => {
  const { attempt, tried } = make(t)
  t.same(await Promise.all(['a', 'b', 'c'].map((name) => attempt(to(name)))), ['open', 'open', 'open'])
  t.same(tried, ['a', 'b', 'c'])
})

test('what may be of one database alone holds no other one back', async (t) => {
  const { credentials, attempt, wait } = make(t)
  for (const failure of [Object.assign(new Error('no pg_hba.conf entry'), { code: '28000' }), new ClassedError('network', 'down')]) {
    t.equal(await attempt(to('a'), failure), failure)
    t.notOk(await credentials.isRefused(to('b')))
  }
  // As behind a pooler, which knows another password for each database.
  await attempt(to('a'), wrong)
  wait(14)
  t.equal(await attempt(to('b')), 'open')
  t.equal(await attempt(to('a'), wrong), wrong)
  t.equal(await attempt(to('b')), 'open', 'a refusal while it is good elsewhere')
})

test('a credential that may have changed is tried at once', async (t) => {
  const { credentials, attempt } = make(t)
  await attempt(to('a', { file: '/one' }), wrong)
  await attempt(to('a', { file: '/two' }), wrong)
  credentials.forget(['/two'])
  t.ok(await credentials.isRefused(to('b', { file: '/one' })))
  t.notOk(await credentials.isRefused(to('b', { file: '/two' })))
  credentials.forget(undefined)
  t.notOk(await credentials.isRefused(to('b', { file: '/one' })))
})

test("each line of libpq's password file is a credential", async (t) => {
  const { credentials, attempt } = make(t)
  const pgpass = join(t.testdir(), 'pgpass')
  writeFileSync(pgpass, 'h:5432:a:u:one\nh:5432:*:u:two\n', { mode: 0o600 })
  await attempt(to('b', { pgpass }), wrong)
  t.ok(await credentials.isRefused(to('c', { pgpass })))
  t.notOk(await credentials.isRefused(to('a', { pgpass })))
})
