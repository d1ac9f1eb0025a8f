import { test } from 'tap'
import type { Found } from '../../src/poll/found.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { makePoller } from './make-poller.ts'
import { makeConnected, makeServer } from './make-server.ts'

const write = (name: string, interval: string) =>
  parseQuery(`${name}.sql`, `-- Q.\n--\n-- scope: database\n-- interval: ${interval}\n-- gauge a: A.\nselect 1 as a`)

const limits = { value: { free: 50, roleFree: undefined, databaseFree: undefined } }
const failed: Found = { kind: 'failed', failure: { errorClass: 'network', message: 'refused' }, credential: undefined }

test('a cycle that waited long for its permit polls its slow queries', async (t) => {
  const { runCycle } = makePoller(makeServer(['d']), [write('fast', '15s'), write('slow', '5m')])
  const found = makeConnected({ limits })
  t.same(runCycle({ name: 'd', found, startedAt: 0, learnedAt: 60_000 }), ['fast', 'slow'])
})

test('cycles that cannot connect do not reduce the estimated cost of cycles', async (t) => {
  const names = Array.from({ length: 60 }, (_, index) => `d${index}`)
  const { poller, runCycle } = makePoller(makeServer(names), [write('fast', '15s')])
  for (const startedAt of [0, 1000, 2000]) {
    for (const name of names) runCycle({ name, found: makeConnected({ limits, seconds: 0.02 }), startedAt })
  }
  const before = new Map(poller.intervals)
  t.ok((before.get('d30') ?? 0) > 15)
  for (const name of names) runCycle({ name, found: failed, startedAt: 3000 })
  t.same(poller.intervals, before)
})
