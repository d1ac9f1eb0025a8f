import { test } from 'tap'
import { render } from '../../src/metric/exposition.ts'
import type { Found } from '../../src/poll/found.ts'
import type { Outcome } from '../../src/poll/poll-query.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { makePoller } from './make-poller.ts'
import { connection, makeConnected, makeDatabase, makeFacts, makeServer, makeSession } from './make-server.ts'

const query = (name: string, scope: string, interval: string) =>
  parseQuery(`${name}.sql`, `-- Q.\n--\n-- scope: ${scope}\n-- interval: ${interval}\n-- gauge a: A.\nselect 1 as a`)
const queries = [query('fast', 'database', '15s'), query('wide', 'server', '5m')]

/** A response of the server with this system identifier. */
const from = (systemIdentifier: string, oid = '1', more = {}): Found =>
  makeConnected({
    identity: { systemIdentifier, startTime: '1', uptimeSeconds: 1_000_000 },
    facts: makeFacts({ databaseOid: oid }),
    ...more
  })

/** The result of a poll with a sample of each of these databases. */
const outcome = (...datnames: readonly string[]): Outcome => {
  const family = { name: 'pg_x', type: 'gauge', help: 'X.' } as const
  const { texts } = render(datnames.map((datname) => ({ family, labels: { server: 's', datname }, value: 1 })))
  return {
    seconds: 0.01,
    result: { rows: 1, values: [], texts, dropped: { rows: 0, budget: 0, bytes: 0, duplicate: 0, illegal: 0 } },
    failure: undefined
  }
}

/** A poller of databases a and b that both have responded from server 1. */
function polledOnce(more = {}) {
  const made = makePoller(makeServer(['a', 'b'], more), queries)
  made.runCycle({ name: 'a', found: from('1'), startedAt: 0, outcome: outcome('a', 'b') })
  made.runCycle({ name: 'b', found: from('1', '2'), startedAt: 0, outcome: outcome('b') })
  return made
}

const kept = ({ poller }: ReturnType<typeof polledOnce>) => poller.snapshots.all().map(({ datname, query: name }) => `${datname} ${name}`)

test('if another server responds, the results of the previous one are dropped and everything is polled', async (t) => {
  const made = polledOnce()
  const { poller, runCycle, logged } = made
  t.same(kept(made), [' wide', 'a fast', 'b fast'])
  const polled = runCycle({ name: 'a', found: from('2'), startedAt: 15_000 })
  t.same(polled, ['fast', 'wide'], 'also queries with a long interval')
  t.same(kept(made), [' wide', 'a fast'], 'the database that was not polled yet has no results')
  t.ok(logged.some(({ msg }) => msg.includes('another server responds (PostgreSQL 18.0, system identifier 2)')))
  const other = poller.states.find(({ name }) => name === 'b')
  t.match(other, { isUp: true, facts: undefined, identity: undefined })
  t.same(poller.due(15_001), ['b'], 'which connects immediately')
  runCycle({ name: 'b', found: from('2'), startedAt: 15_001 })
  t.same(kept(made), [' wide', 'a fast', 'b fast'])
})

test('a kept session of the previous server is closed', async (t) => {
  const { poller, runCycle } = polledOnce({ databases: [makeDatabase('a'), makeDatabase('b', { keepsSession: true })] })
  const isClosed = (now: number) => {
    const cycle = poller.begin('b', now)
    const isOfReplaced = cycle !== undefined && poller.isOfReplacedServer(cycle)
    if (cycle !== undefined) poller.learn(cycle, from(isOfReplaced ? '2' : '1', '2', { isNew: isOfReplaced }), now)
    if (cycle !== undefined) poller.finish(cycle, now)
    return isOfReplaced
  }
  t.notOk(isClosed(15_000))
  runCycle({ name: 'a', found: from('2'), startedAt: 30_000 })
  t.ok(isClosed(30_001))
  t.notOk(isClosed(45_000), 'the new session is kept')
})

test('the results of a cycle that began before are dropped', async (t) => {
  for (const isLearned of [true, false]) {
    const made = polledOnce()
    const { poller, runCycle } = made
    const cycle = poller.begin('b', 15_000)
    if (cycle === undefined) throw new Error('b has a cycle in progress')
    if (isLearned) poller.learn(cycle, from('1', '2', { isNew: false }), 15_000)
    const due = isLearned ? poller.next(cycle, 15_000) : undefined
    runCycle({ name: 'a', found: from('2'), startedAt: 15_001 })
    if (due !== undefined) poller.done(cycle, due, outcome('b'), 15_002)
    if (!isLearned) poller.learn(cycle, from('1', '2'), 15_002)
    t.equal(poller.next(cycle, 15_002), undefined)
    t.equal(poller.finish(cycle, 15_002), 'close')
    t.same(kept(made), [' wide', 'a fast'])
    t.same(poller.due(15_003), ['b'])
    runCycle({ name: 'a', found: from('2', '1', { isNew: false }), startedAt: 30_000 })
    t.same(poller.snapshots.get('', 'wide')?.succeededAt, 15_001, 'the previous server was not taken for one of several')
  }
})

test('a restart drops nothing', async (t) => {
  const made = polledOnce()
  const identity = { systemIdentifier: '1', startTime: '2', uptimeSeconds: 5 }
  t.same(made.runCycle({ name: 'a', found: from('1', '1', { identity }), startedAt: 15_000 }), ['fast'])
  t.same(kept(made), [' wide', 'a fast', 'b fast'])
})

test('servers that respond in turn drop nothing after the first change', async (t) => {
  const made = polledOnce()
  const session = makeSession({ isPooled: true })
  const respond = (name: string, server: string, startedAt: number) =>
    made.runCycle({ name, found: from(server, server, { session }), startedAt })
  respond('a', '2', 15_000)
  respond('b', '1', 15_001)
  for (let turn = 2; turn < 20; turn++) {
    respond('a', turn % 2 === 0 ? '1' : '2', turn * 15_000)
    respond('b', turn % 2 === 0 ? '2' : '1', turn * 15_000)
    t.same(kept(made), [' wide', 'a fast', 'b fast'])
  }
  t.equal(made.logged.filter(({ msg }) => /another (server|database)/.test(msg)).length, 1)
})

test('a database that was dropped and created again loses its results, and no other database does', async (t) => {
  const made = polledOnce()
  const polled = made.runCycle({ name: 'b', found: from('1', '3'), startedAt: 15_000, outcome: outcome('b') })
  t.same(polled, ['fast'])
  const wide = made.poller.snapshots.get('', 'wide')
  t.same(
    wide?.texts.map(({ datname }) => datname),
    ['a'],
    'server-wide results lose its rows'
  )
  t.same(made.runCycle({ name: 'a', found: from('1'), startedAt: 15_000 }), ['fast', 'wide'], 'and are polled again')
})

test('servers whose identity cannot be read do not replace their databases in turn', async (t) => {
  const made = polledOnce()
  const drops = Array.from({ length: 20 }, (_, turn) => {
    const { length } = made.logged
    const unknown = { identity: undefined, session: makeSession({ isPooled: true }) }
    made.runCycle({ name: 'b', found: from('', turn % 2 === 0 ? '3' : '2', unknown), startedAt: (turn + 1) * 15_000 })
    return made.logged.slice(length).filter(({ msg }) => msg.includes('another database')).length
  })
  t.same(drops.indexOf(1), 0)
  t.same(drops.lastIndexOf(1), 0, 'only the first response of the second one')
})

test('the databases of the previous server are listed again', async (t) => {
  const discovery = { include: [], exclude: [], connection }
  const { poller, runCycle } = polledOnce({ discovery })
  const wantsList = (now: number) => {
    const cycle = poller.begin('a', now)
    const wanted = cycle && poller.wanted(cycle, makeSession(), false, now).discovery
    if (cycle !== undefined) poller.learn(cycle, from('2'), now)
    if (cycle !== undefined) poller.finish(cycle, now)
    return wanted !== undefined
  }
  runCycle({ name: 'a', found: from('1', '1', { listed: [{ name: 'a', isOpen: true }] }), startedAt: 15_000 })
  t.notOk(wantsList(30_000))
  t.ok(wantsList(45_000))
})
