import { test } from 'tap'
import { ServerPlan } from '../../src/plan/server-plan.ts'
import type { ErrorClass } from '../../src/server/error-class.ts'
import { makeCandidate, makeFacts, writeQuery } from './make-candidate.ts'

const query = writeQuery('q.sql', 'server')
const queries = [query]
const candidates = ['a', 'b', 'c'].map((name) => makeCandidate(name, makeFacts()))

/** The host of a server-wide query that fails where it runs, at once and after five minutes, each time five minutes later. */
function hostsAfterFailures(errorClass: ErrorClass): readonly (string | undefined)[] {
  const plan = new ServerPlan()
  plan.update(queries, candidates, 0)
  return [0, 300_000].map((now) => {
    const [host = ''] = plan.hosts
    plan.failed(query, host, errorClass, now)
    plan.update(queries, candidates, now + 300_001)
    return plan.hosts[0]
  })
}

test('a server-wide query that one database refuses runs in the next: for ten minutes after a privilege error, for an hour after an encoding error', async (t) => {
  t.same(hostsAfterFailures('privilege'), ['b', 'a'])
  t.same(hostsAfterFailures('encoding'), ['b', 'c'])
  t.same(hostsAfterFailures('timeout'), ['a', 'a'])
})

test('a refusal ends when the facts of the database change', async (t) => {
  const plan = new ServerPlan()
  plan.update(queries, candidates, 0)
  t.ok(plan.failed(query, 'a', 'privilege', 0))
  t.same(plan.hosts, ['b'])
  const granted = [makeCandidate('a', makeFacts()), ...candidates.slice(1)]
  t.ok(plan.update(queries, granted, 1000))
  t.same(plan.hosts, ['a'])
})

test('a database-wide query does not move', async (t) => {
  const plan = new ServerPlan()
  const wide = writeQuery('w.sql', 'database')
  plan.update([wide], candidates, 0)
  t.notOk(plan.failed(wide, 'a', 'privilege', 0))
  t.equal(plan.runningIn('a').length, 1)
})

test('the plan changes with the queries, the databases, their order, their state and their declared access', async (t) => {
  const plan = new ServerPlan()
  const [a, b, c] = candidates
  if (a === undefined || b === undefined || c === undefined) throw new Error('there are three candidates')
  t.ok(plan.update(queries, candidates, 0))
  t.notOk(plan.update(queries, [a, b, c], 0), 'the same')
  t.notOk(plan.update(queries, [{ ...a }, b, c], 0), 'equal')
  for (const [what, changed] of [
    ['down', [{ ...a, isUp: false }, b, c]],
    ['other facts', [makeCandidate('a', makeFacts()), b, c]],
    ['declared access', [{ ...a, access: new Map() }, b, c]],
    ['another order', [b, a, c]],
    ['one fewer', [a, b]],
    ['one more', [a, b, c, makeCandidate('d', makeFacts())]]
  ] as const) {
    t.ok(plan.update(queries, changed, 0), what)
    t.ok(plan.update(queries, candidates, 0), `${what}, and back`)
  }
  t.ok(plan.update([query], candidates, 0), 'other queries')
})

test('the queries that run are known by database', async (t) => {
  const plan = new ServerPlan()
  const all = [query, writeQuery('w.sql', 'database'), writeQuery('s.sql', 'server', 'role standby')]
  plan.update(all, candidates, 0)
  const names = (database: string) => plan.runningIn(database).map((planned) => planned.query.name)
  t.same(['a', 'b', 'x'].map(names), [['q', 'w'], ['w'], []])
  t.same(plan.hosts, ['a'])
  t.same(
    plan.all.map((planned) => planned.query.name),
    ['q', 'w', 'w', 'w', 's'],
    'skipped ones included'
  )
})
