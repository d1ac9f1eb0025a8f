import { test } from 'tap'
import { render } from '../../src/metric/exposition.ts'
import type { PlannedQuery } from '../../src/plan/plan-queries.ts'
import { DatabaseDiscovery } from '../../src/poll/database-discovery.ts'
import { dueQuery, type PolledServer } from '../../src/poll/due-query.ts'
import type { Connected } from '../../src/poll/found.ts'
import { PolledDatabase } from '../../src/poll/polled-database.ts'
import { QueryMemories } from '../../src/poll/query-memories.ts'
import { Snapshots } from '../../src/poll/snapshots.ts'
import { parseQuery } from '../../src/query/parse.ts'
import type { Query } from '../../src/query/query.ts'
import type { Server } from '../../src/server/server.ts'
import { statements } from '../statements/simulation.ts'
import { connection, makeConnected, makeFacts, makeServer, makeSession } from './make-server.ts'

const write = (scope: string, top = '') =>
  parseQuery('q.sql', `-- Q.\n--\n-- scope: ${scope}\n${top}-- label queryid\n-- counter calls_total: C.\nselect 1`)
const [serverWide, databaseWide] = [write('server'), write('database')]

const server = (names: readonly string[], exclude: readonly RegExp[] = []) =>
  makeServer(names, { discovery: { include: [/^app_/], exclude, connection } })

const contextOf = (of: Server, more: Partial<PolledServer> = {}): PolledServer => ({
  server: of,
  databases: of.databases.length,
  discovery: new DatabaseDiscovery(60),
  snapshots: new Snapshots('s'),
  memories: new QueryMemories(),
  ownRoles: new Set(),
  seenUntil: 0,
  ...more
})

/** A query that is due in the first database, after these cycles there. */
function due(query = serverWide, context = contextOf(makeServer(['a'])), ...cycles: readonly Partial<Connected>[]) {
  return dueAs(query, { datname: query.scope === 'database' ? (context.server.databases[0]?.name ?? '') : '' }, context, ...cycles)
}

/** The same for a query that returns the rows of this database, with databases that contribute to it. */
function dueAs(
  query: Query,
  place: Partial<PlannedQuery>,
  context = contextOf(makeServer(['a'])),
  ...cycles: readonly Partial<Connected>[]
) {
  const [database] = context.server.databases
  if (database === undefined) throw new Error('the server has no database')
  const polled = new PolledDatabase(database, 15, 0, 0)
  for (const found of [makeConnected(), ...cycles.map(makeConnected)]) polled.connected(found, 0)
  const planned = { query, database: polled.name, datname: '', contributors: [], sql: query.sql, skipped: undefined, ...place }
  return dueQuery(planned, query.sql, polled, makeSession(), context)
}

const identity = { systemIdentifier: '1', startTime: '2' }

test('declaring another database and changing the patterns of discovery begin an epoch', async (t) => {
  const epoch = (of: Server) => due(serverWide, contextOf(of)).epoch
  const before = epoch(server(['a'], [/^old_/]))
  t.equal(epoch(server(['a'], [/^old_/])), before)
  t.not(epoch(server(['a', 'b'], [/^old_/])), before)
  t.not(epoch(server(['a'], [/^new_/])), before)
})

test('a database that reappears begins an epoch', async (t) => {
  const discovery = new DatabaseDiscovery(60)
  const context = contextOf(server(['a']), { discovery })
  const epoch = () => due(serverWide, context).epoch
  discovery.succeeded([{ name: 'app_b', isOpen: true }], 0)
  const before = epoch()
  discovery.succeeded([], 0)
  t.equal(epoch(), before)
  discovery.succeeded([{ name: 'app_b', isOpen: true }], 0)
  t.not(epoch(), before)
})

test('without discovery declaring another database begins no epoch', async (t) => {
  const epoch = (names: readonly string[]) => due(serverWide, contextOf(makeServer(names))).epoch
  t.equal(epoch(['a', 'b']), epoch(['a']))
})

test('another server, role or capability begins an epoch; another session does where the server cannot be identified', async (t) => {
  const epoch = (...cycles: readonly Partial<Connected>[]) => due(serverWide, undefined, ...cycles).epoch
  const before = epoch({ identity })
  t.equal(epoch({ identity }, { identity }), before, 'another session')
  t.not(epoch({ identity: { ...identity, startTime: '3' } }), before)
  t.not(epoch({ identity, facts: makeFacts({ role: 'other' }) }), before)
  t.not(epoch({ identity, facts: makeFacts({ capabilities: new Set(['pg_monitor']) }) }), before)
  t.equal(epoch({}), epoch({}))
  t.not(epoch({}, {}), epoch({}), 'another session, without an identity')
  t.equal(epoch({}, { isNew: false }), epoch({}))
})

test('no query may have more than half of the samples and bytes of a database', async (t) => {
  const context = contextOf(makeServer(['a', 'b', 'c']))
  for (const datname of ['', 'a', 'b', 'unknown']) t.same(due(serverWide, context).limitOf(datname), { samples: 500, bytes: 250_000 })
  t.same(due(databaseWide, context).limitOf('a'), { samples: 500, bytes: 250_000 })
})

test('the row limit of a server-wide query applies to each database, so more rows are received', async (t) => {
  t.same(
    [serverWide, databaseWide].map((query) => due(query).maxRows),
    [20_000, 1000]
  )
  t.equal(due({ ...serverWide, maxRows: 30_000 }).maxRows, 30_000)
  t.equal(due({ ...statements, maxRows: 500 }).maxRows, 500, 'of statements all rows are counted')
})

test('samples of the other queries of the database count towards its limit', async (t) => {
  const snapshots = new Snapshots('s')
  const family = { name: 'pg_x', type: 'gauge', help: 'X.' } as const
  const put = (datname: string, query: string, samples: number, of = datname) => {
    const labels = (index: number) => ({ datname: of, name: String(index) })
    const { texts } = render(Array.from({ length: samples }, (_, index) => ({ family, labels: labels(index), value: 1 })))
    snapshots.put({ datname, query, intervalSeconds: 15, succeededAt: 0, seconds: 0, rows: 1, texts, failure: undefined })
  }
  const limit = (query = databaseWide, datname = 'a') => due(query, contextOf(makeServer(['a']), { snapshots })).limitOf(datname)
  const maxSamples = () => limit().samples
  put('a', 'q', 400)
  put('b', 'other', 400)
  t.equal(maxSamples(), 500, 'neither its own samples nor those of other databases')
  put('a', 'other', 800)
  t.equal(maxSamples(), 200)
  put('', 'server', 700, 'a')
  t.equal(maxSamples(), 200, 'nor those of server-wide results')
  t.equal(limit().bytes, 250_000, 'few bytes')
  put('a', 'other', 1200)
  t.equal(maxSamples(), 0)
  t.equal(limit(serverWide, 'a').samples, 300, 'a server-wide query has a limit of its own')
  t.equal(limit(serverWide, 'c').samples, 500, 'for each database')
})

test('the limit of a database-wide query is shared by the databases, with ten rows for each at least', async (t) => {
  const limit = (scope: string, names: readonly string[]) =>
    due(write(scope, '-- top: 50 by calls_total\n'), contextOf(makeServer(names))).limit
  t.equal(limit('server', ['a', 'b', 'c']), 50)
  t.equal(
    limit(
      'server',
      Array.from({ length: 60 }, (_, index) => `d${index}`)
    ),
    60,
    'a server-wide query has a place for each'
  )
  t.equal(limit('database', ['a', 'b', 'c']), 17)
  t.equal(limit('database', ['a', 'b', 'c', 'd', 'e', 'f']), 10)
})

test('the series of a database-wide query name its database', async (t) => {
  t.match(due(databaseWide), { datname: 'a', labels: { server: 's', datname: 'a' } })
  t.match(due(serverWide), { datname: '', labels: { server: 's' } })
})

test('rows of databases that are not shown are dropped, and own roles are recognized', async (t) => {
  const context = contextOf(server(['a']), { ownRoles: new Set(['pgvitals']) })
  const { isShown, isOwnRole } = due(serverWide, context)
  t.same(['', 'a', 'app_b', 'other'].map(isShown), [true, true, true, false])
  t.same(['pgvitals', 'other'].map(isOwnRole), [true, false])
})

test('databases that contribute share the limit of statements, and each counts its own', async (t) => {
  const context = contextOf(makeServer(['a', 'b', 'c']))
  const [server, part] = ['', 'a'].map((datname) => dueAs(statements, { datname, contributors: ['a', 'b'] }, context))
  t.same([server?.limit, part?.limit], [8, 6], 'of 20')
  t.same(['a', 'b', 'c'].map(server?.isShown ?? Boolean), [false, false, true])
  t.same(['a', 'b', 'c'].map(part?.isShown ?? Boolean), [true, false, false])
  t.match(part, { datname: 'a', labels: { server: 's' } })
  t.match(part?.labels.datname, undefined, 'its rows name their database')
})
