import { pino } from 'pino'
import { test } from 'tap'
import { Scrapers } from '../../src/poll/scrapers.ts'
import { ServerPoller } from '../../src/poll/server-poller.ts'
import type { Detail } from '../../src/query/detail.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { statements } from '../statements/simulation.ts'
import { makeConnected, makeFacts, makeServer } from './make-server.ts'

const table = parseQuery(
  't.sql',
  `-- T.
--
-- scope: server
-- detail: minimal
-- gauge a: A.
-- detail: full
-- gauge b: B.
select 1 as a, 2 as b`
)
const other = parseQuery('o.sql', '-- O.\n--\n-- scope: server\n-- gauge a: A.\nselect 1 as a')
const extension = { version: [1, 11], schema: 'public', hasUsage: true, refused: new Map() }
const facts = makeFacts({
  capabilities: new Set(['pg_stat_statements', 'pg_read_all_stats']),
  extensions: new Map([['pg_stat_statements', extension]])
})

/** A poller at a level, and the queries that one cycle polls. */
function startPoller(detail: Detail) {
  const server = (level: Detail) => makeServer(['d'], { detail: level })
  const options = { scrapers: new Scrapers(), sessionMaxAgeSeconds: 1800, discoverySeconds: 60, pollCostShare: 0.02 }
  const poller = new ServerPoller(server(detail), { queries: [table, other, statements], log: pino({ enabled: false }), ...options }, 0)
  const cycle = (now: number) => {
    const begun = poller.begin('d', now)
    if (begun === undefined) throw new Error('a cycle is in progress')
    poller.learn(begun, makeConnected({ facts }), now)
    const polled = []
    for (let due = poller.next(begun, now); due !== undefined; due = poller.next(begun, now)) {
      polled.push(due)
      const result = { rows: 1, values: [], texts: [], dropped: { rows: 0, budget: 0, bytes: 0, duplicate: 0, illegal: 0 } }
      poller.done(begun, due, { seconds: 0, result, failure: undefined }, now)
    }
    poller.finish(begun, now)
    return polled
  }
  return { poller, cycle, reload: (level: Detail, now: number) => poller.update(server(level), [table, other, statements], now) }
}

test('a new level takes effect in the next cycle; queries below it lose their snapshots and state', async (t) => {
  const { poller, cycle, reload } = startPoller('full')
  const columnsOf = (polled: ReturnType<typeof cycle>) => polled.map(({ query }) => `${query.name} ${query.columns.length}`)
  const first = cycle(0)
  t.same(columnsOf(first).sort(), ['o 1', `statements ${statements.columns.length}`, 't 2'].sort())
  reload('minimal', 1000)
  t.equal(poller.snapshots.get('', 'o'), undefined)
  t.equal(poller.plan.all.find(({ query }) => query.name === 'o')?.skipped, 'needs detail: standard')
  const second = cycle(15_000)
  t.ok(columnsOf(second).includes('t 1'))
  t.notOk(second.some(({ query }) => query.name === 'o'))
  const again = cycle(30_000)
  t.equal(again[0]?.query, second.find(({ query }) => query.name === again[0]?.query.name)?.query, 'a level is derived once')
  reload('full', 31_000)
  t.same(columnsOf(cycle(45_000)).sort(), columnsOf(first).sort())
})
