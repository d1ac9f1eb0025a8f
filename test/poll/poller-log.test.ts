import { test } from 'tap'
import type { Found } from '../../src/poll/found.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { capabilities } from '../../src/server/capability.ts'
import type { ErrorClass } from '../../src/server/error-class.ts'
import { makePoller } from './make-poller.ts'
import { makeConnected, makeFacts, makeServer } from './make-server.ts'

const write = (name: string, requires = '') =>
  parseQuery(`${name}.sql`, `-- Q.\n--\n-- scope: server\n${requires}-- gauge a: A.\nselect 1 as a`)

const refused = (errorClass: ErrorClass): Found => ({
  kind: 'failed',
  failure: { errorClass, message: 'no route' },
  credential: undefined
})

test('the plan and missing grants are logged after a connection to every database was attempted, and again when they change', async (t) => {
  const { logged, runCycle } = makePoller(makeServer(['a', 'b']), [write('q'), write('m', '-- requires: capability pg_monitor\n')])
  const take = () => logged.splice(0).map(({ msg }) => msg)
  const granted = makeFacts({ capabilities: new Set(capabilities.map(({ name }) => name).filter((name) => name !== 'pg_stat_statements')) })
  runCycle({ name: 'a', found: makeConnected(), startedAt: 0 })
  t.same(take(), ['connected'], 'b was not tried')
  runCycle({ name: 'b', found: makeConnected(), startedAt: 0 })
  t.match(take(), [
    'connected',
    /^server s: 1 query runs: q; skipped: m \(needs capability pg_monitor\)$/,
    /^server s: role r cannot see the WAL directory.*grant pg_monitor to r$/,
    /^server s: statements are not exported: run create extension pg_stat_statements in database a/
  ])
  runCycle({ name: 'a', found: makeConnected(), startedAt: 15_000 })
  t.same(take(), [])
  for (const name of ['a', 'b']) runCycle({ name, found: makeConnected({ facts: granted }), startedAt: 30_000 })
  t.same(take(), ['server s: 2 queries run: q, m'])
  for (const name of ['a', 'b']) runCycle({ name, found: makeConnected(), startedAt: 45_000 })
  t.same(take(), ['server s: 1 query runs: q; skipped: m (needs capability pg_monitor)'], 'the grants were reported before')
})

test('a failed connection is logged when its error class changes', async (t) => {
  const { logged, runCycle } = makePoller(makeServer(['a']), [])
  const classes = ['network', 'network', 'timeout'] as const
  for (const [index, errorClass] of classes.entries()) runCycle({ name: 'a', found: refused(errorClass), startedAt: index * 15_000 })
  runCycle({ name: 'a', found: makeConnected(), startedAt: 60_000 })
  runCycle({ name: 'a', found: refused('network'), startedAt: 75_000 })
  t.match(
    logged.filter(({ msg }) => msg.startsWith('cannot connect')),
    [{ class: 'network', database: 'a', server: 's', level: 50 }, { class: 'timeout' }, { class: 'network' }]
  )
})

test('a failed query is logged when its error class changes, and once when it succeeds again', async (t) => {
  const { logged, runCycle } = makePoller(makeServer(['a']), [write('q')])
  const poll = (seconds: number, errorClass?: ErrorClass) =>
    runCycle({
      name: 'a',
      found: makeConnected(),
      startedAt: seconds * 1000,
      ...(errorClass !== undefined && { outcome: { seconds: 1, result: undefined, failure: { errorClass, message: 'canceled' } } })
    })
  for (const [index, errorClass] of (['timeout', 'timeout', 'lock', undefined, undefined] as const).entries()) {
    poll(index * 60, errorClass)
  }
  t.match(
    logged.filter(({ msg }) => msg.startsWith('query ')),
    [
      { msg: 'query failed: canceled', class: 'timeout', file: 'q.sql', query: 'q', level: 40 },
      { msg: 'query failed: canceled', class: 'lock' },
      { msg: 'query succeeds again', query: 'q', level: 30 }
    ]
  )
})
