import { pino } from 'pino'
import { test } from 'tap'
import type { Found } from '../../src/poll/found.ts'
import type { Outcome } from '../../src/poll/poll-query.ts'
import { Scrapers } from '../../src/poll/scrapers.ts'
import { ServerPoller } from '../../src/poll/server-poller.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { makeConnected, makeServer } from './make-server.ts'

const write = (name: string, interval: string) =>
  parseQuery(`${name}.sql`, `-- Q.\n--\n-- scope: database\n-- interval: ${interval}\n-- gauge a: A.\nselect 1 as a`)

const success: Outcome = {
  seconds: 0.01,
  result: { rows: 1, entries: [], texts: [], dropped: { rows: 0, budget: 0, duplicate: 0, illegal: 0 } },
  failure: undefined
}
const limits = { value: { free: 50, roleFree: undefined, databaseFree: undefined } }
const failed: Found = { kind: 'failed', failure: { errorClass: 'network', message: 'refused' }, credential: undefined }

/** A poller of this number of databases, of which four may have a session, and a function that runs one cycle. */
function makePoller(databases: number, intervals: readonly string[]) {
  const names = Array.from({ length: databases }, (_, index) => `d${index}`)
  const poller = new ServerPoller(
    makeServer(names),
    {
      queries: intervals.map((interval) => write(`every_${interval}`, interval)),
      scrapers: new Scrapers(),
      sessionMaxAgeSeconds: 1800,
      discoverySeconds: 60,
      pollCostShare: 0.02,
      log: pino({ enabled: false })
    },
    0
  )
  /** Runs a cycle that waits for its permit until `learnedAt`, and returns the names of the polled queries. */
  const runCycle = (name: string, found: Found, startedAt: number, learnedAt = startedAt): readonly string[] => {
    const cycle = poller.begin(name, startedAt)
    if (cycle === undefined) throw new Error(`${name} has a cycle in progress`)
    poller.learn(cycle, found, learnedAt)
    const polled: string[] = []
    for (let due = poller.next(cycle, learnedAt); due !== undefined; due = poller.next(cycle, learnedAt)) {
      polled.push(due.query.name)
      poller.done(cycle, due, success, learnedAt)
    }
    poller.finish(cycle, learnedAt)
    return polled
  }
  return { poller, names, runCycle }
}

test('a cycle that waited long for its permit polls its slow queries', async (t) => {
  const { runCycle } = makePoller(1, ['15s', '5m'])
  t.same(runCycle('d0', makeConnected({ limits }), 0, 60_000), ['every_15s', 'every_5m'])
})

test('cycles that cannot connect do not make those of a server cheaper', async (t) => {
  const { poller, names, runCycle } = makePoller(60, ['15s'])
  for (const now of [0, 1000, 2000]) {
    for (const name of names) runCycle(name, makeConnected({ limits, seconds: 0.02 }), now)
  }
  const before = new Map(poller.intervals)
  t.ok((before.get('d30') ?? 0) > 15)
  for (const name of names) runCycle(name, failed, 3000)
  t.same(poller.intervals, before)
})
