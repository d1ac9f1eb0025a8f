import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { faults } from '../faults/all-faults.ts'
import { reliabilityPage } from '../faults/reliability-page.ts'
import type { Row } from '../faults/row.ts'
import { readSeen } from '../faults/seen.ts'
import { missedTargets } from '../faults/targets.ts'

const root = join(import.meta.dirname, '..')
const rows: readonly Row[] = JSON.parse(readFileSync(join(root, 'faults', 'results.json'), 'utf8'))

/** A row that meets every target. */
const met: Row = {
  name: 'a fault',
  statuses: [200],
  scrapes: 60,
  p99Milliseconds: 20,
  othersAgeSeconds: 15.2,
  saw: 'pg_up 0, network',
  expected: 'pg_up 0, network',
  truthSeconds: 14,
  recoverySeconds: 12,
  sessionsPeak: 3,
  sessionsLeft: 1,
  problems: [],
  missed: [],
  date: '2026-01-01',
  version: 'abc'
}

test('there are at least 40 faults, each with its own name', async (t) => {
  t.ok(faults.length >= 40)
  t.equal(new Set(faults.map(({ name }) => name)).size, faults.length)
})

test('every row is the result of a fault, in the order of the faults, with the targets that its numbers miss', async (t) => {
  const names = faults.map(({ name }) => name)
  const tried = new Set(rows.map(({ name }) => name))
  t.same(
    rows.map(({ name }) => name),
    names.filter((name) => tried.has(name))
  )
  for (const row of rows) t.same(row.missed, missedTargets(row), row.name)
})

test('docs/reliability.md contains every fault and its result; npm run docs writes it', async (t) => {
  const page = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8')
  t.equal(page, reliabilityPage(faults, rows))
  for (const { name } of faults) t.ok(page.includes(`| ${name.replaceAll('<', '&lt;')} |`), name)
})

test('each target is missed by its own measurement', async (t) => {
  t.same(missedTargets(met), [])
  const misses: readonly (readonly [Partial<Row>, string])[] = [
    [{ statuses: [200, 503] }, 'status'],
    [{ statuses: [0, 200] }, 'status'],
    [{ p99Milliseconds: 100 }, 'p99'],
    [{ truthSeconds: null }, 'truth'],
    [{ truthSeconds: 30.5 }, 'truth'],
    [{ othersAgeSeconds: null }, 'others'],
    [{ othersAgeSeconds: 21 }, 'others'],
    [{ recoverySeconds: null }, 'recovery'],
    [{ recoverySeconds: 31 }, 'recovery'],
    [{ sessionsLeft: 5 }, 'sessions'],
    [{ sessionsLeft: null }, 'sessions'],
    [{ sessionsPeak: 5 }, 'sessions'],
    [{ problems: ['the injection failed'] }, 'trial']
  ]
  for (const [change, target] of misses) t.same(missedTargets({ ...met, ...change }), [target], JSON.stringify(change))
})

test('the page lists the targets that a row misses, and the expected state', async (t) => {
  const [fault] = faults
  if (fault === undefined) throw new Error('no fault')
  const row = { ...met, name: fault.name, saw: 'pg_up 1', truthSeconds: null, missed: ['truth'] }
  t.match(reliabilityPage([fault], [row]), `pg_up 1; expected: ${fault.truth.says}`)
  t.match(reliabilityPage([fault], [row]), '**missed**: detection')
  t.match(reliabilityPage([fault], []), 'not tried')
})

test('the state of a server is read from its own samples', async (t) => {
  const text = [
    '# TYPE pg_up gauge',
    'pg_up{server="a"} 1',
    'pg_up{server="b"} 0',
    'pg_database_up{server="a",datname="x"} 1',
    'pg_database_up{server="a",datname="y"} 0',
    'pgvitals_database_state{server="a",datname="y",reason="auth"} 1',
    'pgvitals_query_success{server="a",datname="",query="roles"} 0',
    'pgvitals_query_success{server="a",datname="x",query="stat_user_tables"} 0',
    'pgvitals_sessions_open{server="a"} 2',
    'pgvitals_snapshot_timestamp_seconds{server="a",datname="",query="roles"} 12.5',
    ''
  ].join('\n')
  const seen = readSeen({ at: 0, status: 200, milliseconds: 1, text })
  t.same([seen.up('a'), seen.up('b'), seen.up('c')], [1, 0, undefined])
  t.same(seen.databasesDown('a'), ['y'])
  t.equal(seen.reason('a', 'y'), 'auth')
  t.same(seen.failing('a'), ['roles', 'stat_user_tables@x'])
  t.equal(seen.sessions('a'), 2)
  t.same(seen.polledAt('a'), [{ query: 'roles', at: 12_500 }])
})
