import { test } from 'tap'
import { PolledDatabase, wasTried } from '../../src/poll/polled-database.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { makeConnected, makeDatabase, makeFacts, makeSession } from './make-server.ts'

const write = (name: string, scope: string, interval: string) =>
  parseQuery(`${name}.sql`, `-- Q.\n--\n-- scope: ${scope}\n-- interval: ${interval}\n-- gauge a: A.\nselect 1 as a`)

const identity = { systemIdentifier: '1', startTime: '2' }
const refused = { errorClass: 'network', message: 'refused' } as const

/** The lead of the cycles of a database before scrapes at 10 s and every 15 s, after cycles of these durations in milliseconds. */
function leadAfter(durations: readonly number[], { isUp = true, isSpread = false } = {}): number {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0, 0)
  polled.setInterval({ seconds: 15, isSpread, grid: { seconds: 15, scrapeAt: 10_000 } }, 15, 0)
  if (isUp) polled.connected(makeConnected(), 0)
  for (const duration of durations) polled.cycleEnded(polled.schedule.nextCycle, polled.schedule.nextCycle + duration, [], 0)
  return (15_000 + 10_000 - (polled.schedule.nextCycle % 15_000)) % 15_000
}

test('the lead is long enough for nine tenths of the cycles to end before the scrape', async (t) => {
  const close = (lead: number, expected: number) => t.ok(lead >= expected && lead <= expected + 300, `${lead}, ${expected}`)
  close(leadAfter([5000, 100, 100, 100]), 350)
  close(leadAfter([5000, 100, 700, 100]), 950)
  close(leadAfter([...Array(18).fill(100), 5000, 5000, 100]), 350)
  close(leadAfter([...Array(18).fill(100), 600, 600, 600]), 850)
  close(leadAfter([5000, ...Array(30).fill(100)]), 350)
  close(leadAfter(Array(5).fill(14_000)), 7500)
  close(leadAfter(Array(5).fill(6000), { isUp: false }), 250)
  t.equal(leadAfter(Array(5).fill(100), { isSpread: true }), 10_000, 'spread cycles keep their phase')
})

test('intervals are multiples of the time between scrapes, for server-wide queries also', async (t) => {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0, 0)
  const queries = [
    { query: write('q', 'database', '15s'), datname: 'd' },
    { query: write('q', 'server', '30s'), datname: '' },
    { query: write('q', 'server', '50s'), datname: 'd' }
  ]
  const intervals = () => queries.map((query) => polled.intervalOf(query))
  t.ok(polled.setInterval({ seconds: 20, isSpread: false, grid: { seconds: 10, scrapeAt: 0 } }, 20, 0))
  t.notOk(polled.setInterval({ seconds: 20, isSpread: false, grid: { seconds: 10, scrapeAt: 5000 } }, 20, 0), 'nothing has changed')
  t.same(intervals(), [20, 30, 50])
  t.ok(polled.setInterval({ seconds: 60, isSpread: false, grid: { seconds: 60, scrapeAt: undefined } }, 60, 0))
  t.same(intervals(), [60, 60, 60])
  t.ok(polled.setInterval({ seconds: 15, isSpread: false }, 15, 0))
  t.same(intervals(), [15, 30, 50])
})

test('facts keep their object while they do not change', async (t) => {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0, 0)
  polled.connected(makeConnected(), 0)
  const { facts } = polled.state
  polled.connected(makeConnected({ isNew: false }), 15_000)
  t.equal(polled.state.facts, facts)
  polled.connected(makeConnected({ isNew: false, facts: makeFacts({ isStandby: true }) }), 30_000)
  t.not(polled.state.facts, facts)
})

test('the identity is that of the session, and behind a pooler that of the last cycle', async (t) => {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0, 0)
  polled.connected(makeConnected({ identity }), 0)
  polled.connected(makeConnected({ isNew: false }), 15_000)
  t.same(polled.state.identity, identity, 'it was not read again')
  polled.connected(makeConnected({ isNew: false, session: makeSession({ isPooled: true }) }), 30_000)
  t.equal(polled.state.identity, undefined)
  polled.connected(makeConnected({ identity }), 45_000)
  polled.connected(makeConnected(), 60_000)
  t.equal(polled.state.identity, undefined, 'a new session may not read it')
})

test('what a server refuses is tried again after a restart, not whenever sessions alternate between two servers', async (t) => {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0, 0)
  const more = { errorClass: 'unsupported', message: '', probe: '', isGranted: undefined, isMissing: false, isRow: false } as const
  const refusals = new Map([['pg_catalog.f()', { ...more, key: 'pg_catalog.f()', retryAt: 3_600_000 }]])
  const keptAfter = (...startTimes: readonly string[]) => {
    for (const startTime of startTimes) polled.connected(makeConnected({ identity: { systemIdentifier: '1', startTime }, refusals }), 0)
    return polled.refusals.size
  }
  t.equal(keptAfter('100.5'), 1)
  t.equal(keptAfter('200.5'), 0, 'the other server is not known yet')
  t.equal(keptAfter('100.5'), 1)
  t.equal(keptAfter('200.5'), 1)
  t.equal(keptAfter('300.5'), 0, 'a restart')
})

test('sessions are numbered, and their age is known', async (t) => {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0, 0)
  let isOpen = true
  const session = makeSession({ isOpen: () => isOpen })
  polled.connected(makeConnected({ session }), 1000)
  polled.connected(makeConnected({ session, isNew: false }), 16_000)
  t.equal(polled.sessionNumber, 1)
  t.equal(polled.sessionAgeSeconds(31_000), 30)
  t.equal(polled.session, session)
  isOpen = false
  t.equal(polled.session, undefined, 'a lost session is not returned')
  polled.connected(makeConnected(), 46_000)
  t.equal(polled.sessionNumber, 2)
})

test('a database that fails keeps its facts, and its consecutive failures are counted', async (t) => {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0, 0)
  t.notOk(wasTried(polled.state))
  polled.connected(makeConnected({ identity }), 0)
  for (let cycle = 0; cycle < 3; cycle++) polled.failed(refused)
  t.match(polled.state, { isUp: false, failure: refused, failures: 3, identity, facts: { role: 'r' } })
  t.equal(polled.session, undefined)
  t.ok(wasTried(polled.state))
  polled.connected(makeConnected(), 0)
  t.match(polled.state, { isUp: true, failure: undefined, failures: 0 })
})

test('a deferred database is not up, and no connection was attempted', async (t) => {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0, 0)
  polled.deferred()
  t.match(polled.state, { isUp: false, isDeferred: true, failures: 0, failure: { errorClass: 'too_many_connections' } })
  t.notOk(wasTried(polled.state))
  polled.failed(refused)
  t.ok(wasTried(polled.state))
})

test('only a failed database is polled immediately', async (t) => {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0, 0)
  polled.hurry()
  t.notOk(polled.isHurried)
  polled.failed(refused)
  polled.hurry()
  t.ok(polled.isHurried)
  t.equal(polled.state.failures, 0, 'its back-off starts again')
})

test('the intervals of database-wide queries are stretched to the cycle interval, those of server-wide queries are not', async (t) => {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0, 0)
  const wide = { query: write('q', 'database', '60s'), datname: 'd' }
  const once = { query: write('q', 'server', '60s'), datname: '' }
  const contributed = { query: write('q', 'server', '60s'), datname: 'd' }
  t.equal(polled.intervalOf(wide), 60)
  t.ok(polled.setInterval({ seconds: 45, isSpread: true }, 15, 0))
  t.notOk(polled.setInterval({ seconds: 45, isSpread: true }, 15, 0), 'nothing has changed')
  t.equal(polled.intervalOf(wide), 180)
  t.equal(polled.intervalOf(once), 60)
  t.equal(polled.intervalOf(contributed), 180, 'a database that contributes to a server-wide query keeps no session for it')
})

test('spread cycles begin at the phase of the database, also when the clock has just started', async (t) => {
  const after = (now: number) => {
    const polled = new PolledDatabase(makeDatabase('d'), 15, 0.5, now)
    polled.cycleEnded(now, now + 300, [], 0)
    polled.setInterval({ seconds: 60, isSpread: true }, 15, now + 1000)
    return polled.schedule.nextCycle
  }
  t.equal(after(0), 30_000)
  t.equal(after(40_000), 90_000)
  t.equal(after(1_000_000), 1_050_000)
})

test('the first cycle is due at once, also where cycles are spread', async (t) => {
  for (const now of [0, 1000, 40_000, 1_000_000]) {
    const polled = new PolledDatabase(makeDatabase('d'), 15, 0.5, now)
    polled.setInterval({ seconds: 60, isSpread: true }, 15, now)
    t.ok(polled.schedule.nextCycle <= now, `at ${now} ms`)
    polled.cycleEnded(now, now + 300, [], 0)
    t.equal((polled.schedule.nextCycle - 30_000) % 60_000, 0, 'the next one has its phase')
    t.ok(polled.schedule.nextCycle - now <= 60_000)
  }
})

test('a shorter interval takes effect one such interval after the last cycle at the latest', async (t) => {
  const polled = new PolledDatabase(makeDatabase('d'), 15, 0.5, 0)
  polled.setInterval({ seconds: 600, isSpread: true }, 15, 0)
  polled.cycleEnded(0, 300, [], 0)
  polled.setInterval({ seconds: 60, isSpread: true }, 15, 100_000)
  t.equal(polled.schedule.nextCycle, 100_000, 'it is overdue')
})
