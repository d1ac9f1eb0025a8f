import { pino } from 'pino'
import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import type { Connected, Found } from '../../src/poll/found.ts'
import type { Outcome } from '../../src/poll/poll-query.ts'
import { Scrapers } from '../../src/poll/scrapers.ts'
import { ServerPoller } from '../../src/poll/server-poller.ts'
import { parseQuery } from '../../src/query/parse.ts'
import type { Activity } from '../../src/query/query.ts'
import { ClassedError, type ErrorClass } from '../../src/server/error-class.ts'
import { noRefusals } from '../../src/server/refusals.ts'
import type { Database, Server } from '../../src/server/server.ts'
import type { Session } from '../../src/server/session.ts'
import { statements } from '../statements/simulation.ts'
import { makeFacts } from './make-server.ts'

const query = (name: string, scope: 'server' | 'database', interval = '15s') =>
  parseQuery(`${name}.sql`, `-- Q.\n--\n-- scope: ${scope}\n-- interval: ${interval}\n-- gauge a: A.\nselect 1 as a`)

const database = (name: string, more: Partial<Database> = {}): Database => ({
  name,
  connection: { ...parseDatabaseUrl('postgresql://u:p@h/x'), database: name },
  team: '',
  access: new Map(),
  quotaBytes: undefined,
  ...more
})

const serverWith = (names: readonly string[], more: Partial<Server> = {}): Server => ({
  name: 's',
  databases: names.map((name) => database(name)),
  discovery: undefined,
  maxSessions: 4,
  detail: 'full',
  maxSamplesPerDatabase: 20_000,
  capacityBytes: undefined,
  dataDirectory: undefined,
  ...more
})

const facts = makeFacts({ role: 'u', version: [18] })
const limits = { value: { free: 50, roleFree: undefined, databaseFree: undefined } }
const success: Outcome = {
  seconds: 0.01,
  result: { rows: 1, values: [], texts: [], dropped: { rows: 0, budget: 0, bytes: 0, duplicate: 0, illegal: 0 } },
  failure: undefined
}
const failureOf = (errorClass: ErrorClass) => ({ errorClass, message: errorClass })

/** A session as the poller sees it: open or not. */
function fakeSession(): Session & { lose: () => void } {
  let isOpen = true
  return {
    certificateExpiry: undefined,
    isPooled: false,
    isOpen: () => isOpen,
    run: async () => ({ columns: [], rows: [], cutRows: 0 }),
    close: async () => {},
    lose: () => {
      isOpen = false
    }
  }
}

function begin(poller: ServerPoller, name: string, now: number) {
  const cycle = poller.begin(name, now)
  if (cycle === undefined) throw new Error(`${name} has a cycle in progress`)
  return cycle
}

/** Scrapers that are always irregular: polls have the intervals of their queries. */
class IrregularScrapers extends Scrapers {
  override isIdle(): boolean {
    return false
  }
}

/** A poller on a virtual clock, and the cycles of its databases as poll-cycle.ts runs them. */
class Driver {
  readonly poller: ServerPoller
  readonly sessions = new Map<string, ReturnType<typeof fakeSession>>()
  /** `database query at second`. */
  readonly polled: string[] = []
  /** Cycles started, as `database at second`. */
  readonly cycles: string[] = []
  now = 0

  constructor(server: Server, queries = [query('fast', 'database'), query('wide', 'server')], more = {}) {
    const options = { scrapers: new IrregularScrapers(), sessionMaxAgeSeconds: 1800, discoverySeconds: 60, pollCostShare: 0.02, ...more }
    this.poller = new ServerPoller(server, { queries, log: pino({ enabled: false }), ...options }, this.now)
  }

  connected(name: string, more: Partial<Connected> = {}): Found {
    const kept = this.sessions.get(name)
    const isNew = !kept?.isOpen()
    const session = isNew ? fakeSession() : kept
    this.sessions.set(name, session as ReturnType<typeof fakeSession>)
    const known = {
      refusals: noRefusals,
      facts,
      activities: new Map(),
      identity: { systemIdentifier: '1', startTime: '1' },
      listed: undefined,
      wasRejected: false,
      seconds: 0.02
    }
    return { kind: 'connected', session: session as Session, isNew, limits, ...known, ...more }
  }

  /** Runs one cycle whose polls take no time. */
  cycle(name: string, found: Found | undefined = undefined, outcome: (query: string) => Outcome = () => success) {
    const cycle = begin(this.poller, name, this.now)
    this.cycles.push(`${name} at ${this.now / 1000}`)
    this.poller.learn(cycle, cycle.known ?? found ?? this.connected(name), this.now)
    for (let due = this.poller.next(cycle, this.now); due !== undefined; due = this.poller.next(cycle, this.now)) {
      this.polled.push(`${name} ${due.query.name} at ${this.now / 1000}`)
      this.poller.done(cycle, due, outcome(due.query.name), this.now)
    }
    const end = this.poller.finish(cycle, this.now)
    if (end !== 'keep') this.sessions.delete(name)
    return end
  }

  /** Runs the cycles that become due until this second. */
  until(seconds: number, found: (name: string) => Found | undefined = () => undefined): void {
    for (;;) {
      const next = Math.max(this.now, this.poller.nextCycle(new Map()))
      if (next > seconds * 1000) break
      this.now = next
      for (const name of this.poller.due(this.now)) this.cycle(name, found(name))
    }
    this.now = seconds * 1000
  }
}

test('every database is polled on a fixed grid, a server-wide query in one of them', async (t) => {
  const driver = new Driver(serverWith(['a', 'b']))
  driver.until(31)
  t.same(driver.polled, [
    'a fast at 0',
    'a wide at 0',
    'b fast at 0',
    'a fast at 15',
    'a wide at 15',
    'b fast at 15',
    'a fast at 30',
    'a wide at 30',
    'b fast at 30'
  ])
})

test('a cycle that lasts long does not move the grid, and misses points without making up for them', async (t) => {
  const driver = new Driver(serverWith(['a']))
  const { poller } = driver
  const cycle = begin(poller, 'a', 0)
  poller.learn(cycle, driver.connected('a'), 0)
  const due = poller.next(cycle, 0)
  if (due !== undefined) poller.done(cycle, due, success, 40_000)
  poller.finish(cycle, 40_000)
  t.equal(poller.nextCycle(new Map()), 45_000)
})

test('the end of the last cycle of a database stays the same while its cycle is in progress, and while it waits for one', async (t) => {
  const driver = new Driver(serverWith(['a', 'b']))
  driver.until(31)
  t.same(driver.poller.cycleEnds, new Map(Object.entries({ a: 30_000, b: 30_000 })))
  const cycle = begin(driver.poller, 'a', 45_000)
  driver.now = 45_000
  driver.until(91)
  t.same(driver.poller.cycleEnds, new Map(Object.entries({ a: 30_000, b: 90_000 })), 'it waits for a permit')
  driver.poller.learn(cycle, driver.connected('a'), 91_000)
  t.ok(driver.poller.next(cycle, 91_000))
  t.equal(driver.poller.cycleEnds.get('a'), 30_000, 'it polls')
  driver.poller.finish(cycle, 92_000)
  t.equal(driver.poller.cycleEnds.get('a'), 92_000)
  driver.poller.update(serverWith(['a', 'b', 'new']), [query('fast', 'database')], 95_000)
  t.equal(driver.poller.cycleEnds.get('new'), 95_000, 'the time at which it was added')
})

test('a database never has two cycles at once, and its cycle delays no other', async (t) => {
  const { poller } = new Driver(serverWith(['a', 'b']))
  t.ok(poller.begin('a', 0))
  t.equal(poller.begin('a', 0), undefined)
  t.same(poller.due(0), ['b'])
  t.ok(poller.begin('b', 0))
  t.same(poller.due(60_000), [])
})

test('queries wait until a connection to each of the first databases was attempted, at most half a second', async (t) => {
  const driver = new Driver(serverWith(['a', 'b', 'c'], { maxSessions: 2 }))
  const { poller } = driver
  poller.introduceUntil(500)
  t.same(poller.due(0), ['a', 'b'], 'as many as may have a session')
  driver.cycle('a')
  t.same(driver.polled, [], 'where queries run is not known yet')
  t.same(poller.due(499), ['b'])
  driver.now = 100
  driver.cycle('b', { kind: 'failed', failure: failureOf('network'), credential: undefined })
  driver.until(1)
  t.same(driver.polled, ['a fast at 0.1', 'a wide at 0.1', 'c fast at 0.1'])
  t.same(poller.states.find(({ name }) => name === 'b')?.failure?.errorClass, 'network', 'the failure is not tried again')
  t.same(
    driver.cycles.filter((cycle) => cycle.startsWith('b')),
    ['b at 0.1']
  )

  const slow = new Driver(serverWith(['a', 'b']))
  slow.poller.introduceUntil(500)
  slow.cycle('a')
  t.ok(slow.poller.begin('b', 0))
  slow.now = 500
  t.same(slow.poller.due(500), ['a'], 'no database waits longer for a slow one')
})

test('an unreachable server is retried at every interval, an unknown database with an increasing back-off', async (t) => {
  const timesOf = (errorClass: ErrorClass, name: string) => {
    const driver = new Driver(serverWith(['a'], { name }))
    driver.until(120, () => ({ kind: 'failed', failure: failureOf(errorClass), credential: undefined }))
    return driver.cycles.map((cycle) => Number(cycle.replace('a at ', '')))
  }
  t.same(timesOf('no_database', 's'), [0, 15, 45, 105])
  const phases = ['s', 'r', 'server'].map((name) => {
    const times = timesOf('network', name)
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    t.ok(gaps.every((gap, index) => (index === 0 ? gap <= 15 : Math.abs(gap - 15) < 0.001)))
    return gaps[0]
  })
  t.equal(new Set(phases).size, 3, 'unreachable servers are not tried at the same time')
})

test('a rejected credential has one back-off, and is retried immediately when it may have changed', async (t) => {
  const connection = { ...parseDatabaseUrl('postgresql://u@h/x'), password: { file: '/secret' } }
  const driver = new Driver(serverWith([], { databases: [database('a', { connection })] }))
  const { poller } = driver
  const credential = { credential: 'c', database: 'a', file: '/secret' }
  const attempts: number[] = []
  const reject = (): Found => {
    if (poller.authFailures.current(credential, driver.now) === undefined) {
      attempts.push(driver.now / 1000)
      poller.authFailures.failed(credential, new ClassedError('auth', 'wrong'), 'wrong', driver.now)
    }
    return { kind: 'failed', failure: failureOf('auth'), credential }
  }
  driver.until(1000, reject)
  t.same(attempts, [0, 15, 45, 105, 225, 465, 765])
  t.equal(driver.cycles.length, attempts.length, 'a cycle comes when the credential is tried, not before')
  poller.retryCredentials(['/other'])
  t.ok(poller.nextCycle(new Map()) > driver.now)
  poller.retryCredentials(['/secret'])
  t.same(poller.due(driver.now), ['a'])
})

test('when a credential is accepted again, the other databases that use it are polled immediately', async (t) => {
  const driver = new Driver(serverWith(['a', 'b']))
  driver.cycle('b', { kind: 'failed', failure: failureOf('auth'), credential: undefined })
  t.same(driver.poller.due(1), ['a'])
  driver.now = 1
  driver.cycle('a', driver.connected('a', { wasRejected: true }))
  t.same(driver.poller.due(1), ['b'])
})

test('after 15 seconds a cycle starts no slower query, which stays due', async (t) => {
  const queries = [query('slow', 'database', '5m'), query('fast', 'database'), query('slower', 'database', '10m')]
  const driver = new Driver(serverWith(['a']), queries)
  const { poller } = driver
  const cycle = begin(poller, 'a', 0)
  poller.learn(cycle, driver.connected('a'), 0)
  const first = poller.next(cycle, 0)
  t.equal(first?.query.name, 'fast', 'short intervals first')
  const second = poller.next(cycle, 14_000)
  t.equal(second?.query.name, 'slow')
  if (second !== undefined) poller.done(cycle, second, success, 20_000)
  t.equal(poller.next(cycle, 20_000), undefined)
  poller.finish(cycle, 20_000)
  driver.until(31)
  t.ok(driver.polled.includes('a slower at 30'))
})

test('while another database waits for its permit, a cycle starts no slower query after 5 seconds', async (t) => {
  const queries = [query('fast', 'database'), query('other', 'database'), query('slow', 'database', '5m')]
  /** The queries that the cycle of a database polls if its first query takes this time. */
  const polledIn = (name: string, seconds: number, isAwaited: boolean) => {
    const driver = new Driver(serverWith(['leader', 'b', 'c', 'd', 'e']), queries)
    const { poller } = driver
    poller.limiter.learn(database('leader'), limits.value, [], 0)
    if (name !== 'leader') driver.cycle('leader')
    const cycle = begin(poller, name, 0)
    poller.learn(cycle, driver.connected(name), 0)
    for (let permit = 0; permit < (isAwaited ? 5 : 4); permit++) void poller.limiter.acquire('u', undefined, 0)
    const polled: string[] = []
    for (let due = poller.next(cycle, 0); due !== undefined; due = poller.next(cycle, seconds * 1000)) {
      polled.push(due.query.name)
      poller.done(cycle, due, success, seconds * 1000)
    }
    return polled
  }
  const all = ['fast', 'other', 'slow']
  t.same(polledIn('b', 5.5, true), ['fast', 'other'], 'the queries of short intervals run')
  t.same(polledIn('b', 4.5, true), all)
  t.same(polledIn('b', 5.5, false), all, 'no database waits')
  t.same(polledIn('leader', 5.5, true), all, 'it keeps its session, and its permit')
})

test('a lost connection fails the remaining queries of the cycle and leaves them due', async (t) => {
  const driver = new Driver(serverWith(['a']), [query('one', 'database'), query('two', 'database')])
  const { poller } = driver
  const cycle = begin(poller, 'a', 0)
  poller.learn(cycle, driver.connected('a'), 0)
  const first = poller.next(cycle, 0)
  driver.sessions.get('a')?.lose()
  if (first !== undefined) poller.done(cycle, first, { seconds: 0, result: undefined, failure: failureOf('network') }, 0)
  t.equal(poller.next(cycle, 0), undefined)
  t.equal(poller.snapshots.get('a', 'two')?.failure?.errorClass, 'network')
  t.equal(poller.finish(cycle, 0), 'close')
  driver.until(15)
  t.same(driver.polled, ['a one at 15', 'a two at 15'])
})

test('a poll that lost the connection is repeated in the next cycle, and less often with each further loss', async (t) => {
  const driver = new Driver(serverWith(['a']), [query('fast', 'database'), query('slow', 'database', '5m')])
  const losesConnection = (name: string) => {
    if (name !== 'slow') return success
    driver.sessions.get('a')?.lose()
    return { seconds: 0, result: undefined, failure: failureOf('network') }
  }
  const polls = () => driver.polled.filter((text) => text.includes('slow'))
  for (; driver.now < 200_000; driver.now += 15_000) driver.cycle('a', undefined, losesConnection)
  t.same(polls(), ['a slow at 0', 'a slow at 15', 'a slow at 45', 'a slow at 105'])
  driver.until(1000)
  t.same(polls().slice(4), ['a slow at 225', 'a slow at 525', 'a slow at 825'])
})

test('a poll whose session the server ended is repeated in the next cycle, before the connection is closed', async (t) => {
  const driver = new Driver(serverWith(['a']), [query('slow', 'database', '5m')])
  driver.cycle('a', undefined, () => ({ seconds: 0, result: undefined, failure: failureOf('shutdown') }))
  driver.until(400)
  t.same(driver.polled, ['a slow at 0', 'a slow at 15', 'a slow at 315'])
})

test('a poll that failed for another reason is repeated after its interval', async (t) => {
  const driver = new Driver(serverWith(['a']), [query('slow', 'database', '5m')])
  driver.cycle('a', undefined, () => ({ seconds: 0, result: undefined, failure: failureOf('timeout') }))
  driver.until(400)
  t.same(driver.polled, ['a slow at 0', 'a slow at 300'])
})

test('a server-wide query that one role may not run moves to the next database', async (t) => {
  const driver = new Driver(serverWith(['a', 'b']), [query('wide', 'server')])
  driver.until(1)
  t.same(driver.polled, ['a wide at 0'])
  driver.now = 15_000
  driver.cycle('a', undefined, () => ({ seconds: 0, result: undefined, failure: failureOf('privilege') }))
  t.same(driver.poller.plan.hosts, ['b'])
  driver.until(31)
  t.same(driver.polled, ['a wide at 0', 'a wide at 15', 'b wide at 15', 'b wide at 30'])
})

test('a server-wide query that moves while it is polled is not polled twice at once', async (t) => {
  const driver = new Driver(serverWith(['a', 'b']), [query('wide', 'server')])
  const { poller } = driver
  const first = begin(poller, 'a', 0)
  poller.learn(first, driver.connected('a'), 0)
  t.ok(poller.next(first, 0))
  const second = begin(poller, 'b', 0)
  const seesMore = { ...facts, capabilities: new Set(['pg_monitor']) }
  poller.learn(second, driver.connected('b', { facts: seesMore }), 0)
  t.same(poller.plan.hosts, ['b'])
  t.equal(poller.next(second, 0), undefined)
})

test('a new list of databases takes effect at the end of the cycle that read it; failures keep the last list', async (t) => {
  const discovery = { include: [], exclude: [/^x/], connection: parseDatabaseUrl('postgresql://u:p@h/a') }
  const driver = new Driver(serverWith(['a'], { discovery }), undefined, { discoverySeconds: 10 })
  const { poller } = driver
  const listing = (...names: string[]) => driver.connected('a', { listed: names.map((name) => ({ name, isOpen: true })) })
  driver.cycle('a', listing('a', 'b', 'xc'))
  t.same(poller.names, ['a', 'b'])
  t.equal(poller.isDiscovered, true)
  const late = begin(poller, 'b', 0)
  poller.learn(late, driver.connected('b'), 0)
  const due = poller.next(late, 0)
  driver.now = 15_000
  driver.cycle('a', listing('a'))
  t.same(poller.names, ['a'])
  if (due !== undefined) poller.done(late, due, success, 15_000)
  t.equal(poller.finish(late, 15_000), 'close', 'the cycle of a dropped database ends')
  t.equal(poller.snapshots.get('b', 'fast'), undefined, 'and leaves nothing')
  t.notOk(poller.isShown('b'))
  driver.now = 30_000
  driver.cycle('a', driver.connected('a', { listed: { message: 'permission denied' } }))
  t.equal(poller.isDiscovered, false)
  t.same(poller.names, ['a'])
})

test('a declared database that appears on the server is polled immediately', async (t) => {
  const discovery = { include: [/^none$/], exclude: [], connection: parseDatabaseUrl('postgresql://u:p@h/a') }
  const driver = new Driver(serverWith(['a', 'late'], { discovery }))
  driver.cycle('late', { kind: 'failed', failure: failureOf('no_database'), credential: undefined })
  t.same(driver.poller.due(1000), ['a'])
  driver.now = 1000
  driver.cycle('a', driver.connected('a', { listed: [{ name: 'late', isOpen: true }] }))
  t.same(driver.poller.due(1000), ['late'])
})

test('a database whose privileges change while it refuses the role is tried once more, then in an hour', async (t) => {
  const discovery = { include: [], exclude: [], connection: parseDatabaseUrl('postgresql://u:p@h/a') }
  const driver = new Driver(serverWith(['a'], { discovery }), undefined, { discoverySeconds: 10 })
  const { poller } = driver
  const listing = (access: string) => driver.connected('a', { listed: [{ name: 'b', isOpen: true, access }] })
  const refused: Found = { kind: 'failed', failure: failureOf('privilege'), credential: undefined }
  driver.cycle('a', listing('old'))
  driver.cycle('b', refused)
  t.notOk(poller.due(15_000).includes('b'))
  driver.now = 3_600_000
  const cycle = begin(poller, 'b', driver.now)
  driver.cycle('a', listing('new'))
  poller.learn(cycle, refused, driver.now)
  poller.finish(cycle, driver.now)
  t.ok(poller.due(driver.now).includes('b'))
  driver.cycle('b', refused)
  t.notOk(poller.due(driver.now + 3_599_000).includes('b'))
  t.ok(poller.due(driver.now + 3_600_000).includes('b'))
})

test('a reload disturbs nothing that did not change', async (t) => {
  const queries = [query('fast', 'database')]
  const driver = new Driver(serverWith(['a', 'b']), queries)
  driver.until(1)
  const { poller } = driver
  poller.update(serverWith(['a', 'c']), queries, 1000)
  t.same(poller.due(1000), ['c'], 'the new one is due, the unchanged one is not')
  t.equal(poller.snapshots.get('b', 'fast'), undefined)
  t.ok(poller.snapshots.get('a', 'fast'))
  t.equal(poller.openSessions, 1)
  poller.update(serverWith(['a', 'c']), [query('fast', 'database', '10s')], 1000)
  driver.until(26)
  t.same(
    driver.polled.filter((poll) => poll.startsWith('a')),
    ['a fast at 0', 'a fast at 10', 'a fast at 20'],
    'no query waits longer than its new interval'
  )
})

test('what the server refused to a query is tried again when a reload changes the queries', async (t) => {
  const queries = [query('fast', 'database')]
  const driver = new Driver(serverWith(['a']), queries)
  const { poller } = driver
  const more = { errorClass: 'privilege', message: '', probe: 'select 1', isGranted: undefined, isMissing: false, isRow: false } as const
  const refusals = new Map([['query fast', { ...more, key: 'query fast', retryAt: 3_600_000 }]])
  driver.cycle('a', driver.connected('a', { refusals }))
  t.same(driver.polled, [])
  poller.update(poller.server, queries, 1000)
  t.equal(poller.plan.running('a', 'fast'), undefined)
  poller.update(poller.server, [query('fast', 'database')], 1000)
  t.match(poller.plan.running('a', 'fast'), { sql: 'select 1 as a' })
  const cycle = begin(poller, 'a', 15_000)
  poller.update(poller.server, [query('fast', 'database')], 15_000)
  poller.learn(cycle, driver.connected('a', { refusals }), 15_000)
  t.ok(poller.plan.running('a', 'fast'), 'also during a cycle')
  const due = poller.next(cycle, 15_000)
  poller.update(poller.server, [query('fast', 'database')], 15_000)
  t.notOk(due === undefined || poller.refused(cycle, due, [...refusals.values()], 15_000))
  t.ok(poller.plan.running('a', 'fast'))
})

test('a failed database is polled immediately when its connection parameters change, even during its cycle', async (t) => {
  const driver = new Driver(serverWith(['a']))
  const { poller } = driver
  const failed: Found = { kind: 'failed', failure: failureOf('no_database'), credential: undefined }
  driver.cycle('a', failed)
  driver.now = 15_000
  const cycle = begin(poller, 'a', driver.now)
  const elsewhere = { ...parseDatabaseUrl('postgresql://u:other@h/x'), database: 'a' }
  poller.update(serverWith([], { databases: [database('a', { connection: elsewhere })] }), [query('fast', 'database')], driver.now)
  t.equal(poller.databaseOf(cycle)?.connection, elsewhere)
  poller.learn(cycle, failed, driver.now)
  poller.finish(cycle, driver.now)
  t.same(poller.due(driver.now), ['a'])
})

test('while free connections are few, one session reads the server and the others wait', async (t) => {
  const databases = ['a', 'b'].map((name) => database(name, { keepsSession: true }))
  const driver = new Driver(serverWith([], { databases }))
  driver.until(1)
  t.equal(driver.poller.openSessions, 2)
  driver.now = 15_000
  // Three stay free for others.
  const few = { limits: { value: { free: 2, roleFree: undefined, databaseFree: undefined } } }
  t.equal(driver.cycle('a', driver.connected('a', few)), 'keep')
  t.ok(driver.poller.isDeferred('b'))
  t.notOk(driver.poller.isDeferred('a'))
  t.equal(driver.cycle('b', { kind: 'deferred' }), 'close')
  t.match(driver.poller.states[1], { isUp: false, isDeferred: true, failure: { errorClass: 'too_many_connections' } })
  driver.now = 30_000
  driver.cycle('a')
  t.notOk(driver.poller.isDeferred('b'))
})

test('when a role has free connections again, the databases that had found none are polled immediately', async (t) => {
  const driver = new Driver(serverWith(['main', 'other']))
  const withRoleFree = (roleFree: number | undefined) => ({ limits: { value: { free: 50, roleFree, databaseFree: undefined } } })
  const full: Found = { kind: 'failed', failure: failureOf('too_many_connections'), credential: undefined }
  driver.until(100, (name) => (name === 'other' ? full : driver.connected(name, withRoleFree(0))))
  const attempts = () => driver.cycles.filter((cycle) => cycle.startsWith('other'))
  t.match(attempts().at(-1), 'other at 54', 'the next attempt would follow after a minute')
  const before = attempts().length
  driver.until(106, (name) => driver.connected(name, withRoleFree(undefined)))
  t.same(attempts().slice(before), ['other at 105'])
})

test('a database that counts statements of a server without known identity keeps its session', async (t) => {
  const driver = new Driver(serverWith(['a', 'b']), [{ ...statements, scope: 'database', requires: [] }])
  t.equal(driver.cycle('a'), 'keep')
  t.equal(driver.cycle('b'), 'close')
  driver.now = 15_000
  t.equal(driver.cycle('b', driver.connected('b', { identity: undefined })), 'keep')
})

test('a session is replaced when it is older than its maximum age', async (t) => {
  const driver = new Driver(serverWith(['a']), undefined, { sessionMaxAgeSeconds: 40 })
  const ends = [0, 15, 30, 45, 60].map((seconds) => {
    driver.now = seconds * 1000
    return driver.cycle('a')
  })
  t.same(ends, ['keep', 'keep', 'keep', 'replace', 'keep'])
})

test('if not all sessions can be kept, intervals depend on the cost of cycles, and snapshots are served for three of these intervals', async (t) => {
  const names = Array.from({ length: 60 }, (_, index) => `d${index}`)
  const driver = new Driver(serverWith(names), [query('fast', 'database'), query('wide', 'server')])
  driver.until(1800)
  const intervals = [...driver.poller.intervals].filter(([name]) => name !== 'd0').map(([, seconds]) => seconds)
  t.ok(
    intervals.every((seconds) => seconds > 15 && seconds <= 600),
    `${Math.min(...intervals)} to ${Math.max(...intervals)} s`
  )
  const cost = driver.cycles.filter((cycle) => Number(cycle.split(' ')[2]) > 900).length * 0.022
  t.ok(cost / 900 < 0.03, `${cost} s of 900`)
  t.equal(driver.poller.snapshots.get('d5', 'fast')?.intervalSeconds, driver.poller.intervals.get('d5'))
  t.equal(driver.polled.filter((poll) => poll.startsWith('d0 wide')).length, 121, 'a server-wide query keeps its interval')
})

test('databases that do not accept the role do not lengthen the intervals of the others', async (t) => {
  const discovery = { include: [], exclude: [], connection: parseDatabaseUrl('postgresql://u:p@h/a') }
  const driver = new Driver(serverWith(['a', 'b'], { discovery }), [query('fast', 'database')])
  const names = Array.from({ length: 60 }, (_, index) => `d${index}`)
  const listed = names.map((name) => ({ name, isOpen: true }))
  const refused: Found = { kind: 'failed', failure: failureOf('privilege'), credential: undefined }
  driver.cycle('a', driver.connected('a', { listed }))
  driver.until(900, (name) => (name.startsWith('d') && name !== 'd0' ? refused : undefined))
  t.equal(driver.poller.intervals.get('d0'), 15)
  const polls = (name: string) => driver.polled.filter((poll) => poll.startsWith(`${name} fast`)).length
  for (const name of ['b', 'd0']) t.ok(polls(name) > 55, `${polls(name)} polls of ${name} in 15 minutes`)
})

test('a session counts among those of pgvitals as soon as it is open, for the limits that other cycles read', async (t) => {
  const driver = new Driver(serverWith(['a', 'b', 'c']))
  const { poller } = driver
  const cycles = ['a', 'b', 'c'].map((name) => begin(poller, name, 0))
  for (const cycle of cycles) poller.wanted(cycle, fakeSession(), true, 0)
  t.equal(poller.openSessions, 3)
  const [first] = cycles
  // The three sessions have taken three of eight connections.
  const few = { limits: { value: { free: 5, roleFree: undefined, databaseFree: undefined } } }
  if (first !== undefined) poller.learn(first, driver.connected('a', few), 0)
  t.equal(poller.limiter.sessions, 4)
})

test('a query that a reload removes or changes during its poll leaves nothing and keeps its new interval', async (t) => {
  const [fast, slow] = [query('fast', 'database'), query('slow', 'database', '1h')]
  const driver = new Driver(serverWith(['a']), [fast, slow])
  const { poller } = driver
  const cycle = begin(poller, 'a', 0)
  poller.learn(cycle, driver.connected('a'), 0)
  const first = poller.next(cycle, 0)
  t.equal(first?.query.name, 'fast')
  poller.update(serverWith(['a']), [query('slow', 'database', '15s')], 1000)
  if (first !== undefined) poller.done(cycle, first, success, 1000)
  t.equal(poller.snapshots.get('a', 'fast'), undefined)
  const second = poller.next(cycle, 1000)
  t.equal(second?.intervalSeconds, 15)
  if (second !== undefined) poller.done(cycle, second, success, 1000)
  poller.finish(cycle, 1000)
  driver.until(16)
  t.same(driver.polled, ['a slow at 15'])
})

test('a failed main database leaves discovery to the next one at once', async (t) => {
  const discovery = { include: [/^none$/], exclude: [], connection: parseDatabaseUrl('postgresql://u:p@h/a') }
  const driver = new Driver(serverWith(['a', 'b'], { discovery }))
  const { poller } = driver
  driver.cycle('b')
  driver.cycle('a', { kind: 'failed', failure: failureOf('network'), credential: undefined })
  t.equal(poller.isDiscovered, undefined, 'b leads')
  driver.now = 15_000
  t.ok(poller.wanted(begin(poller, 'b', driver.now), fakeSession(), false, driver.now).discovery)
})

test('what the introduction found is not used when the session is lost or the database is reached differently', async (t) => {
  for (const change of ['session', 'connection'] as const) {
    const queries = [query('fast', 'database')]
    const driver = new Driver(serverWith(['a', 'b']), queries)
    const { poller } = driver
    poller.introduceUntil(500)
    driver.cycle('a')
    if (change === 'session') driver.sessions.get('a')?.lose()
    const elsewhere = { ...parseDatabaseUrl('postgresql://u:other@h/x'), database: 'a' }
    if (change === 'connection') {
      poller.update(serverWith([], { databases: [database('a', { connection: elsewhere }), database('b')] }), queries, 1)
    }
    poller.endIntroduction()
    t.equal(begin(poller, 'a', 2).known, undefined, change)
  }
})

test('a server is ready once every planned query was polled, and stays so', async (t) => {
  const driver = new Driver(serverWith(['a', 'b']), [query('fast', 'database')])
  const { poller } = driver
  driver.cycle('a')
  t.notOk(poller.isReady)
  driver.cycle('b')
  t.ok(poller.isReady)
  poller.update(serverWith(['a', 'b']), [query('fast', 'database'), query('late', 'database')], 1)
  t.ok(poller.isReady)
})

test('a database that has never responded has no planned query and no snapshot', async (t) => {
  const driver = new Driver(serverWith(['a', 'b']))
  const { poller } = driver
  const refused: Found = { kind: 'failed', failure: failureOf('network'), credential: undefined }
  driver.until(60, () => refused)
  t.same(poller.plan.all, [])
  t.same(poller.snapshots.all(), [])
  t.ok(poller.isReady, 'a connection to every database was attempted')
  driver.until(75, (name) => (name === 'b' ? refused : undefined))
  t.same(
    poller.snapshots.all().map(({ datname, query: name }) => [datname, name]),
    [
      ['', 'wide'],
      ['a', 'fast']
    ]
  )
})

test('the snapshots of a database that stays down change once', async (t) => {
  const driver = new Driver(serverWith(['a']), [query('fast', 'database')])
  const { poller } = driver
  driver.until(0)
  const refused: Found = { kind: 'failed', failure: failureOf('network'), credential: undefined }
  driver.until(15, () => refused)
  const snapshot = poller.snapshots.get('a', 'fast')
  t.equal(snapshot?.failure?.errorClass, 'network')
  driver.until(60, () => refused)
  t.equal(poller.snapshots.get('a', 'fast'), snapshot)
  driver.until(75)
  t.equal(poller.snapshots.get('a', 'fast')?.failure, undefined)
})

test('a query about an activity is polled while the activity is in progress or unknown', async (t) => {
  const during = parseQuery('q.sql', '-- Q.\n--\n-- scope: database\n-- during: vacuum, analyze\n-- gauge a: A.\nselect 1 as a')
  const driver = new Driver(serverWith(['main']), [during])
  const isIdle = (activities: Connected['activities']) => {
    const cycle = begin(driver.poller, 'main', driver.now)
    driver.poller.learn(cycle, driver.connected('main', { activities }), driver.now)
    const due = driver.poller.next(cycle, driver.now)
    if (due !== undefined) driver.poller.done(cycle, due, success, driver.now)
    driver.poller.finish(cycle, driver.now)
    driver.now += 15_000
    return due?.isIdle
  }
  const none = new Map<Activity, boolean>([
    ['vacuum', false],
    ['analyze', false]
  ])
  t.equal(isIdle(none), true)
  t.equal(isIdle(new Map(none).set('analyze', true)), false, 'in the first cycle after it began')
  t.equal(isIdle(none), true)
  t.equal(isIdle(new Map([['vacuum', false]])), false, 'an unknown activity may be in progress')
})

test('the queries of a cycle begin with counters', async (t) => {
  const declare = (name: string, interval: string, kind: string) =>
    parseQuery(`${name}.sql`, `-- Q.\n--\n-- scope: database\n-- interval: ${interval}\n-- ${kind} a: A.\nselect 1 as a`)
  const queries = [
    declare('slow', '60s', 'gauge'),
    declare('state', '15s', 'gauge'),
    declare('half', '30s', 'gauge'),
    declare('count', '15s', 'counter')
  ]
  const driver = new Driver(serverWith(['main']), queries)
  driver.cycle('main')
  t.same(
    driver.polled.map((polled) => polled.split(' ')[1]),
    ['count', 'state', 'half', 'slow']
  )
})

test('the share of a core that a server sets determines its intervals', async (t) => {
  const names = Array.from({ length: 50 }, (_, index) => `d${index}`)
  const longest = (more: Partial<Server>) => {
    const driver = new Driver(serverWith(names, more))
    driver.until(600)
    return { longest: Math.max(...driver.poller.intervals.values()), budgeted: driver.poller.budgetedInterval }
  }
  const usual = longest({})
  const half = longest({ pollCostShare: 0.01 })
  const plenty = longest({ pollCostShare: 1 })
  t.equal(usual.budgeted, 75)
  t.equal(half.budgeted, 150)
  t.ok(half.longest > 1.5 * usual.longest, `${half.longest} s instead of ${usual.longest} s`)
  t.same(plenty, { longest: 15, budgeted: 15 })
})
