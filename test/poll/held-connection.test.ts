import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { ConnectionLimiter } from '../../src/poll/connection-limiter.ts'
import { credentialOf, HeldConnection } from '../../src/poll/held-connection.ts'
import { isPending } from './is-pending.ts'
import { connection, makeSession } from './make-server.ts'

const clock = { now: () => 0 }

test('databases share a credential when host, user and password are equal', async (t) => {
  const key = await credentialOf(connection)
  t.equal(await credentialOf({ ...connection, database: 'other' }), key)
  for (const other of [{ host: 'x' }, { port: 1 }, { user: 'x' }, { password: 'x' }, { password: { file: '/p' } }]) {
    t.not(await credentialOf({ ...connection, ...other }), key, JSON.stringify(other))
  }
})

test('each line of a libpq password file is a credential', async (t) => {
  const pgpass = join(t.testdir(), 'pgpass')
  writeFileSync(pgpass, 'h:5432:a:u:one\nh:5432:*:u:two\n', { mode: 0o600 })
  const keyFor = (database: string) => credentialOf({ ...connection, database, password: { pgpass } })
  t.equal(await keyFor('b'), await keyFor('c'))
  t.not(await keyFor('a'), await keyFor('b'))
})

test('a session is used while it is open and its connection parameters are the same', async (t) => {
  let isOpen = true
  const held = new HeldConnection(new ConnectionLimiter(4), clock)
  await held.permit(connection)
  const session = makeSession({ isOpen: () => isOpen })
  held.hold(session)
  t.equal(held.sessionTo({ ...connection }), session)
  t.equal(held.sessionTo({ ...connection, password: 'changed' }), undefined)
  isOpen = false
  t.equal(held.sessionTo(connection), undefined)
})

test('a permit is kept while a session is replaced, and released when the connection is closed or its role changes', async (t) => {
  const limiter = new ConnectionLimiter(1)
  const [held, other] = [new HeldConnection(limiter, clock), new HeldConnection(limiter, clock)]
  let closed = 0
  const session = makeSession({ close: async () => void closed++ })
  await held.permit(connection)
  held.hold(session)
  const waiting = other.permit({ ...connection, user: 'other' })
  await held.close()
  t.equal(closed, 1)
  t.ok(await isPending(waiting), 'the permit is kept')
  await held.permit(connection)
  t.ok(await isPending(waiting), 'and not taken twice')
  await held.leave()
  t.notOk(await isPending(waiting))

  const next = held.permit(connection)
  t.ok(await isPending(next))
  await other.leave()
  await next
  held.hold(session)
  await held.permit({ ...connection, user: 'changed' })
  t.equal(closed, 2, 'the session of the previous role was closed')
})
