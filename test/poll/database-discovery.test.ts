import { test } from 'tap'
import { DatabaseDiscovery } from '../../src/poll/database-discovery.ts'
import { connection, makeServer } from './make-server.ts'

const server = makeServer(['declared'], { discovery: { include: [], exclude: [/^old_/], connection } })

const listed = (...names: readonly string[]) => names.map((name) => ({ name, isOpen: true }))

/** The names `run_<from>` to `run_<from + 599>`. */
const runs = (from: number) => listed(...Array.from({ length: 600 }, (_, index) => `run_${from + index}`))

test('discovery is due once per interval after an attempt, whether that succeeded or not', async (t) => {
  const discovery = new DatabaseDiscovery(60)
  t.ok(discovery.isDue(server, 1000))
  t.equal(discovery.hasSucceeded, undefined)
  discovery.succeeded(listed('a'), 1000)
  t.equal(discovery.hasSucceeded, true)
  t.notOk(discovery.isDue(server, 60_999))
  t.ok(discovery.isDue(server, 61_000))
  discovery.failed('down', 61_000)
  t.equal(discovery.hasSucceeded, false)
  t.notOk(discovery.isDue(server, 120_999))
  t.ok(discovery.isDue(server, 121_000))
  t.notOk(discovery.isDue(makeServer(['a']), 121_000), 'not where it is not configured')
})

test('while discovery fails the last list is used, and each message is new once', async (t) => {
  const discovery = new DatabaseDiscovery(60)
  const names = () => discovery.databasesOf(server).map(({ name }) => name)
  t.same(names(), ['declared'])
  discovery.succeeded(listed('a', 'declared', 'old_b'), 0)
  t.same(names(), ['declared', 'a'])
  t.same(
    ['down', 'down', 'denied'].map((message) => discovery.failed(message, 0)),
    [true, false, true]
  )
  t.same(names(), ['declared', 'a'])
  discovery.succeeded(listed('c'), 0)
  t.same(names(), ['declared', 'c'])
  t.ok(discovery.failed('denied', 0), 'new again after a success')
})

test('series of a dropped or excluded database are not shown', async (t) => {
  const discovery = new DatabaseDiscovery(60)
  discovery.succeeded(listed('a', 'declared'), 0)
  discovery.succeeded(listed(), 0)
  t.same(['', 'declared', 'a', 'old_b', 'never_listed'].map(discovery.visibilityOf(server)), [true, true, false, false, true])
  t.ok(discovery.visibilityOf(makeServer([]))('a'), 'without discovery every database is')
})

test('a database that reappears under its name is counted', async (t) => {
  const discovery = new DatabaseDiscovery(60)
  for (const names of [['a', 'b'], ['b'], ['a', 'b'], ['a', 'b']]) discovery.succeeded(listed(...names), 0)
  t.equal(discovery.returned, 1)
  t.ok(discovery.visibilityOf(server)('a'))
})

test('a thousand names of databases that are gone are remembered', async (t) => {
  const discovery = new DatabaseDiscovery(60)
  discovery.succeeded(runs(0), 0)
  t.ok(discovery.has('run_599'))
  discovery.succeeded(runs(600), 0)
  t.notOk(discovery.has('run_599'))
  t.notOk(discovery.visibilityOf(server)('run_0'))
  t.ok(discovery.visibilityOf(server)('run_600'))
  discovery.succeeded([], 0)
  t.same(
    [0, 199, 200, 1199].map((run) => discovery.visibilityOf(server)(`run_${run}`)),
    [true, true, false, false]
  )
})
