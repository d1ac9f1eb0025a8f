import { test } from 'tap'
import type { Entry, Row } from '../../src/metric/sample.ts'
import { Top } from '../../src/metric/top.ts'
import { fingerprintsOf, statements, takeMoved, takeWhole } from './simulation.ts'

const entry = (queryid: string, calls: number, seconds: number, datname = 'd', key = `${datname} ${queryid}`): Row => [
  `(u,${datname},${queryid})`,
  `(${key})`,
  `${key.replaceAll(' ', '/')}:${calls}`,
  `(${calls},${seconds})`
]

const newTop = (limit: number) => new Top(statements, { limit, standStillSeconds: () => 120, labels: { server: 's' } })

const names = (entries: readonly Entry[]) => entries.map(({ labels }) => labels.queryid).sort()

const callsOf = (entries: readonly Entry[]) => Object.fromEntries(entries.map(({ labels, values }) => [labels.queryid, values[0]]))

test('statements that are hidden from the role are counted in other, and a fall of their sum as nothing', async (t) => {
  const top = newTop(100)
  const hidden = (...calls: number[]): Row[] => calls.map((count) => ['(u,d,)', '()', '', `(${count},1)`])
  const other = (rows: readonly Row[], seconds: number) =>
    takeWhole(top, rows, seconds * 1000).entries.find(({ labels }) => labels.queryid === 'other')?.values[0]
  t.equal(other([...hidden(1000, 50), entry('a', 1, 1)], 0), 0)
  t.equal(other([...hidden(1010, 50), entry('a', 1, 1)], 15), 10)
  t.equal(other([...hidden(60), entry('a', 1, 1)], 30), 10, 'one was evicted: what the other did is hidden')
  t.equal(other([...hidden(65), entry('a', 1, 1)], 45), 15)
})

test('a database that is renamed takes along what is hidden in it too', async (t) => {
  const top = newTop(100)
  const total = (datname: string, calls: number, seconds: number) =>
    takeWhole(top, [[`(u,${datname},)`, '(10,5,,t)', '', `(${calls},1)`]], seconds * 1000).entries.reduce(
      (sum, { values }) => sum + (values[0] ?? 0),
      0
    )
  total('old', 1000, 0)
  t.equal(total('old', 1002, 15), 2)
  t.equal(total('new', 1002, 30), 2)
  for (let seconds = 45; seconds < 200; seconds += 15) total('new', 1002, seconds)
  t.equal(total('new', 1005, 200), 5)
})

test('the same statement at top level and inside a function is one series, also when one of the two is evicted', async (t) => {
  const top = newTop(1)
  const rows = (outer: number | undefined, inner: number): Row[] => [
    ...(outer === undefined ? [] : [entry('a', outer, 1, 'd', 'a outer')]),
    entry('a', inner, 1, 'd', 'a inner'),
    entry('b', 0, 0)
  ]
  const calls = (answer: readonly Entry[]) => answer.find(({ labels }) => labels.queryid === 'a')?.values[0]
  t.equal(calls(takeWhole(top, rows(100, 7), 0).entries), 0)
  t.equal(calls(takeWhole(top, rows(105, 8), 15_000).entries), 6)
  t.equal(calls(takeWhole(top, rows(undefined, 9), 30_000).entries), 7)
  t.equal(calls(takeWhole(top, rows(2, 9), 45_000).entries), 9, 'and comes back')
})

test("while all rows fit, the series are PostgreSQL's own values and there is no other; what is new is seen from 0", async (t) => {
  const top = newTop(5)
  t.same(callsOf(takeWhole(top, [entry('a', 100, 5)], 0).entries), { a: 100 })
  t.same(callsOf(takeWhole(top, [entry('a', 110, 6), entry('b', 7, 1)], 15_000).entries), { a: 110, b: 0 })
  t.same(callsOf(takeWhole(top, [entry('a', 110, 6), entry('b', 9, 1)], 135_000).entries), { a: 110, b: 9 })
  t.same(callsOf(takeWhole(top, [entry('b', 9, 1)], 150_000).entries), { a: 110, b: 9 }, 'what is gone stands still')
  t.same(callsOf(takeWhole(top, [entry('b', 9, 1)], 300_000).entries), { b: 9 }, 'and vanishes')
})

test('a reset falls only after every scraper has seen the last value, and then by way of 0', async (t) => {
  const top = newTop(5)
  const calls = (count: number, seconds: number) => callsOf(takeWhole(top, [entry('a', count, 1)], seconds * 1000).entries).a
  t.same(
    [calls(100, 0), calls(110, 15), calls(5, 30), calls(50, 145), calls(60, 160), calls(200, 270), calls(300, 285)],
    [100, 110, 110, 110, 0, 200, 300]
  )
})

test('a database that is renamed takes its counts along and adds nothing to them', async (t) => {
  const top = newTop(1)
  const rows = (datname: string, calls: number) => ['a', 'b', 'c'].map((id) => entry(id, calls, 0, datname, id))
  const total = (entries: readonly Entry[]) => entries.reduce((sum, { values }) => sum + (values[0] ?? 0), 0)
  takeWhole(top, rows('old', 1000), 0)
  t.equal(total(takeWhole(top, rows('old', 1001), 15_000).entries), 3)
  for (let time = 30; time < 600; time += 15) takeWhole(top, rows('new', 1001), time * 1000)
  const { entries } = takeWhole(top, rows('new', 1002), 600_000)
  t.ok(total(entries) <= 6, `${total(entries)}`)
})

test('a role or a database that is renamed is shown by its new name after a while, though nothing of it moves', async (t) => {
  const top = newTop(20)
  const rows = (datname: string) => Array.from({ length: 9 }, (_, index) => entry(`q${index}`, 5, 1, datname, `q${index}`))
  const fingerprints = fingerprintsOf(rows(''))
  takeWhole(top, rows('before'), 0)
  t.ok(top.watching.isWorthwhile)
  t.same(top.watching.compare(fingerprints).moved, [])
  let polls = 0
  for (; top.watching.isWorthwhile && polls < 100; polls++) takeMoved(top, fingerprints, rows('after'), polls * 15_000)
  t.ok(polls > 10 && polls < 40, `read as a whole after ${polls} polls`)
  const { entries } = takeWhole(top, rows('after'), polls * 15_000)
  t.ok(entries.some(({ labels }) => labels.datname === 'after'))
  takeWhole(
    top,
    rows('after').map(([labels, key]): Row => [labels ?? null, key ?? null, `${key}:6`, '(6,1)']),
    (polls + 1) * 15_000
  )
  t.notOk(top.watching.isWorthwhile, 'where most rows move, all are read')
})

test('when rows begin to be cut, what was shown goes on without a fall', async (t) => {
  const top = newTop(10)
  const few = (more: number) => Array.from({ length: 10 }, (_, index) => entry(`q${index}`, 1000 + index + more, 10))
  takeWhole(top, few(0), 0)
  const { entries } = takeWhole(top, [...few(5), entry('new', 3, 1)], 15_000)
  t.equal(entries.find(({ labels }) => labels.queryid === 'q3')?.values[0], 1008)
  t.ok(names(entries).includes('other'))
})

test('a statement that turned slow a minute ago is shown although others have larger sums', async (t) => {
  const top = newTop(10)
  const rows = (calls: number) => [
    ...Array.from({ length: 30 }, (_, index) => entry(`big${index}`, 1e6 + index, 1e5)),
    entry('slow', 10 + calls, calls * 20)
  ]
  for (let time = 0; time < 10; time++) takeWhole(top, rows(0), time * 15_000)
  t.notOk(names(takeWhole(top, rows(0), 150_000).entries).includes('slow'))
  t.ok(names(takeWhole(top, rows(3), 165_000).entries).includes('slow'))
})

test('a series lives at least ten minutes, then stands still, then vanishes', async (t) => {
  const top = newTop(10)
  const rows = (moving: number, round: number) =>
    Array.from({ length: 40 }, (_, index) => entry(`q${index}`, Math.floor(index / 10) === moving ? 100 * round : 0, 0))
  let seen = 0
  for (let time = 0; time <= 1500; time += 15) {
    const moving = time < 60 ? 1 : 2
    const { entries } = takeWhole(top, rows(moving, time / 15 + 1), time * 1000)
    if (names(entries).includes('q10')) seen = time
    t.ok(entries.length <= 3 * 10 + 1, 'never without bound')
  }
  t.ok(seen >= 600 && seen < 1200, `until ${seen} s`)
})

test('every database has its best ten, whatever the others do', async (t) => {
  const top = newTop(20)
  const rows = (round: number) => [
    ...Array.from({ length: 100 }, (_, index) => entry(`busy${index}`, round * 1000, round, 'platform')),
    ...Array.from({ length: 15 }, (_, index) => entry(`calm${index}`, round * (index + 1), 0, 'labeler'))
  ]
  takeWhole(top, rows(0), 0)
  const { entries } = takeWhole(top, rows(1), 15_000)
  const calm = entries.filter(({ labels }) => labels.datname === 'labeler' && labels.queryid !== 'other')
  t.ok(calm.length >= 10, `${calm.length} of labeler`)
  t.ok(names(calm).includes('calm14'))
})

test('after a rebase, and for what was cut off from an answer, nothing is counted that was there before', async (t) => {
  const top = newTop(2)
  const other = (entries: readonly Entry[]) => entries.find(({ labels }) => labels.queryid === 'other')?.values[0]
  const rows = (calls: number) => ['a', 'b', 'c', 'd'].map((id) => entry(id, calls, 0))
  takeWhole(top, rows(10), 0)
  top.rebase()
  t.equal(other(takeWhole(top, rows(500), 15_000).entries), 0)
  const cut = [...rows(500), entry('late', 900, 0)]
  t.equal(other(takeWhole(top, cut, 30_000, false).entries), 0)
  t.notOk(top.watching.isWorthwhile, 'what is cut is asked for as it was')
  const whole = [...cut, entry('later', 700, 0)]
  t.equal(other(takeWhole(top, whole, 45_000).entries), 0, 'what was cut may be old')
  t.equal(other(takeWhole(top, [...whole, entry('last', 5, 0)], 60_000).entries), 5, 'and what comes after it is new')
})
