import { test } from 'tap'
import { ConnectionLimiter } from '../../src/poll/connection-limiter.ts'
import { keepableSessions, keptSessions, leaderOf } from '../../src/poll/session-policy.ts'
import { connection, makeDatabase, makeServer } from './make-server.ts'

const unlimited = { roleFree: undefined, databaseFree: undefined }

/** The databases that could keep their session on a server with these databases and this number of sessions. */
function keepable(names: readonly string[], sessions: number, { leader = names[0], hosts = [] as readonly string[], discovered = 0 } = {}) {
  const server = makeServer(names, { maxSessions: sessions })
  const databases = [...server.databases, ...Array.from({ length: discovered }, (_, index) => makeDatabase(`found_${index}`))]
  const limiter = new ConnectionLimiter(sessions)
  limiter.learn(makeDatabase('x'), undefined, [], 0)
  return [...keepableSessions({ server, databases, leader, hosts, limiter })]
}

test('the leader is the first declared database that is up, or the first one', async (t) => {
  const server = makeServer(['a', 'b'])
  t.equal(
    leaderOf(server, (name) => name === 'b'),
    'b'
  )
  t.equal(
    leaderOf(server, () => true),
    'a'
  )
  t.equal(
    leaderOf(server, () => false),
    'a'
  )
})

test('only the leader and the databases with keep_sessions keep their sessions', async (t) => {
  const server = makeServer(['a', 'b', 'c'])
  const databases = server.databases.map((one) => ({ ...one, keepsSession: one.name === 'c' }))
  const limiter = new ConnectionLimiter(4)
  limiter.learn(makeDatabase('x'), undefined, [], 0)
  const kept = (leader: string, one = server, unidentified: ReadonlySet<string> = new Set()) => [
    ...keptSessions({ server: one, databases: one.databases, leader, hosts: ['b'], unidentified, limiter })
  ]
  t.same(kept('a'), ['a'])
  t.same(kept('b'), ['b'])
  t.same(kept('a', { ...server, databases }), ['a', 'c'])
  t.same(kept('a', server, new Set(['b'])), ['a', 'b'], 'and those that count statements within one session only')
})

test('every declared database may keep its session if the limit allows it', async (t) => {
  t.same(keepable(['a', 'b', 'c'], 3), ['a', 'b', 'c'])
})

test('a discovered database keeps no session, and counts towards the limit', async (t) => {
  t.same(keepable(['a', 'b'], 4, { discovered: 2 }), ['a', 'b'])
  t.same(keepable(['a', 'b'], 4, { discovered: 3 }), ['a'])
})

test('above the limit only the leader and the hosts of server-wide queries do, and one permit stays free', async (t) => {
  const names = ['a', 'b', 'c', 'd', 'e']
  t.same(keepable(names, 4), ['a'])
  t.same(keepable(names, 4, { leader: 'b', hosts: ['b', 'd'] }), ['b', 'd'])
  t.same(keepable(names, 2, { hosts: ['d'] }), ['a'], 'the leader comes first')
  t.same(keepable(names, 1, { hosts: ['d'] }), [])
})

test('while connections are few the leader keeps the only session', async (t) => {
  const server = makeServer(['a', 'b'])
  const limiter = new ConnectionLimiter(4)
  limiter.learn(makeDatabase('a'), { free: 3, ...unlimited }, server.databases.slice(0, 1), 0)
  t.same([...keepableSessions({ server, databases: server.databases, leader: 'a', hosts: ['b'], limiter })], ['a'])
})

test('the connection limit of a role concerns its databases only', async (t) => {
  const other = makeDatabase('c', { connection: { ...connection, user: 'other', database: 'c' } })
  const { databases } = makeServer(['a', 'b'])
  const server = makeServer([], { databases: [...databases, other] })
  const limiter = new ConnectionLimiter(4)
  limiter.learn(other, undefined, [], 0)
  limiter.learn(makeDatabase('a'), { free: 50, roleFree: 1, databaseFree: undefined }, databases.slice(0, 1), 0)
  t.same([...keepableSessions({ server, databases: server.databases, leader: 'a', hosts: [], limiter })], ['c'])
})

test('a session that would take the last free connection of its database is not kept', async (t) => {
  const server = makeServer(['a', 'b'])
  const limiter = new ConnectionLimiter(4)
  limiter.learn(makeDatabase('a'), { free: 50, ...unlimited, databaseFree: 0 }, [], 0)
  t.same([...keepableSessions({ server, databases: server.databases, leader: 'a', hosts: [], limiter })], ['b'])
})
