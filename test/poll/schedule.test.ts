import { test } from 'tap'
import { nextOnGrid, Schedule } from '../../src/poll/schedule.ts'

const fast = { name: 'fast', intervalSeconds: 15 }
const slow = { name: 'slow', intervalSeconds: 300 }

test('the grid is fixed: a late or long poll does not move the ones after it', async (t) => {
  t.equal(nextOnGrid(1000, 15_000, 1000), 16_000)
  t.equal(nextOnGrid(1000, 15_000, 15_999), 16_000)
  t.equal(nextOnGrid(1000, 15_000, 16_000), 31_000, 'the very moment is over')
  t.equal(nextOnGrid(1000, 15_000, 50_000), 61_000, 'missed points are skipped')
})

test('a new query is due at once, then by its own interval', async (t) => {
  const schedule = new Schedule(0, 15)
  const due: string[][] = []
  for (let visit = 0; visit < 22; visit++) {
    const now = schedule.nextVisit + 120
    const names = schedule.due([fast, slow], now)
    due.push(names.map((query) => query.name))
    for (const query of names) schedule.polled(query, now + 50)
    schedule.visited(now + 200, [fast, slow])
  }
  t.equal(schedule.nextVisit, 22 * 15_000, 'no drift after 22 late visits')
  t.same(
    due.flatMap((names, visit) => (names.includes('slow') ? [visit] : [])),
    [0, 20]
  )
  t.ok(due.every((names) => names.includes('fast')))
})

test('a query that could not be asked stays due', async (t) => {
  const schedule = new Schedule(0, 15)
  t.equal(schedule.due([slow], 10).length, 1)
  schedule.visited(20, [slow])
  t.equal(schedule.due([slow], schedule.nextVisit).length, 1)
})

test('after a failed connect with back-off the visit waits, on the grid', async (t) => {
  const schedule = new Schedule(0, 15)
  schedule.visited(100, [fast], 59)
  t.equal(schedule.nextVisit, 60_000)
})

test('a visit is planned for the next due query when that comes first', async (t) => {
  const schedule = new Schedule(0, 15)
  const odd = { name: 'odd', intervalSeconds: 20 }
  schedule.polled(odd, 100)
  schedule.visited(200, [odd])
  t.equal(schedule.nextVisit, 15_000)
  schedule.visited(15_100, [odd])
  t.equal(schedule.nextVisit, 20_000)
})

test('the grid is laid anew, and no query waits longer than its new interval', async (t) => {
  const schedule = new Schedule(0, 15)
  for (const query of [fast, slow]) schedule.polled(query, 100)
  schedule.retime(40_000, 60)
  t.equal(schedule.nextVisit, 40_000)
  t.equal(schedule.due([fast], 40_000).length, 1)
  t.equal(schedule.due([slow], 339_999).length, 0)
  t.equal(schedule.due([slow], 340_000).length, 1, 'on the new grid')
  schedule.hasten([{ name: 'slow', intervalSeconds: 60 }], 41_000)
  t.equal(schedule.due([slow], 99_999).length, 0)
  t.equal(schedule.due([slow], 100_000).length, 1)
  schedule.visited(40_500, [fast, slow])
  t.equal(schedule.nextVisit, 100_000)
})

test('a scrape close to a visit moves the grid by a third of the interval, but rarely', async (t) => {
  const schedule = new Schedule(0, 15)
  schedule.polled(slow, 100)
  schedule.visited(100, [fast])
  t.notOk(schedule.scraped(7_000, { from: 0, to: 100 }), 'far from both visits')
  t.ok(schedule.scraped(14_500, { from: 0, to: 100 }), 'half a second before the next')
  t.equal(schedule.nextVisit, 20_000)
  t.equal(schedule.due([slow], 304_999).length, 0, 'the other queries move along')
  t.equal(schedule.due([slow], 305_000).length, 1)
  t.notOk(schedule.scraped(20_500, { from: 20_000, to: 20_100 }), 'not again so soon')
  t.ok(schedule.scraped(400_000, { from: 399_500, to: 399_800 }), 'just after a visit')
})
