import { test } from 'tap'
import { backOffSeconds, nextOnGrid, Schedule } from '../../src/poll/schedule.ts'

const fast = { name: 'fast', intervalSeconds: 15 }
const slow = { name: 'slow', intervalSeconds: 300 }

test('the grid is fixed: a late or long poll does not move later ones', async (t) => {
  t.equal(nextOnGrid(1000, 15_000, 1000), 16_000)
  t.equal(nextOnGrid(1000, 15_000, 15_999), 16_000)
  t.equal(nextOnGrid(1000, 15_000, 16_000), 31_000, 'a point is over at its time')
  t.equal(nextOnGrid(1000, 15_000, 50_000), 61_000, 'missed points are skipped')
})

test('a new query is due at once, then at its interval', async (t) => {
  const schedule = new Schedule(0, 15)
  const due: string[][] = []
  for (let cycle = 0; cycle < 22; cycle++) {
    const now = schedule.nextCycle + 120
    const queries = schedule.due([fast, slow], now)
    due.push(queries.map((query) => query.name))
    for (const query of queries) schedule.polled(query, now + 50)
    schedule.cycleEnded(now + 200, [fast, slow])
  }
  t.equal(schedule.nextCycle, 22 * 15_000, 'no drift after 22 late cycles')
  t.same(
    due.flatMap((names, cycle) => (names.includes('slow') ? [cycle] : [])),
    [0, 20]
  )
  t.ok(due.every((names) => names.includes('fast')))
})

test('a query that was not polled stays due', async (t) => {
  const schedule = new Schedule(0, 15)
  t.equal(schedule.due([slow], 10).length, 1)
  schedule.cycleEnded(20, [slow])
  t.equal(schedule.due([slow], schedule.nextCycle).length, 1)
})

test('after a failure the next cycle is the first point of the grid after the back-off', async (t) => {
  const schedule = new Schedule(0, 15)
  schedule.cycleEnded(100, [fast], 59)
  t.equal(schedule.nextCycle, 60_000)
})

test('during the back-off a query that becomes due starts no cycle', async (t) => {
  const schedule = new Schedule(0, 15)
  schedule.polled({ name: 'odd', intervalSeconds: 20 }, 100)
  schedule.cycleEnded(200, [{ name: 'odd', intervalSeconds: 20 }], 29)
  t.equal(schedule.nextCycle, 30_000)
})

test('the back-off doubles up to five minutes, a second less than the intervals that it spans', async (t) => {
  t.same([0, 1, 2, 3, 4, 5, 6, 7].map(backOffSeconds), [0, 14, 29, 59, 119, 239, 299, 299])
})

test('a query that is due between two points of the grid starts a cycle', async (t) => {
  const schedule = new Schedule(0, 15)
  const odd = { name: 'odd', intervalSeconds: 20 }
  schedule.polled(odd, 100)
  schedule.cycleEnded(200, [odd])
  t.equal(schedule.nextCycle, 15_000)
  schedule.cycleEnded(15_100, [odd])
  t.equal(schedule.nextCycle, 20_000)
})

test('when the grid moves, planned polls move to its points', async (t) => {
  const schedule = new Schedule(0, 15)
  for (const query of [fast, slow]) schedule.polled(query, 100)
  schedule.moveGrid(40_000, 60, 5000)
  t.equal(schedule.nextCycle, 40_000)
  t.equal(schedule.due([fast], 40_000).length, 1)
  t.equal(schedule.due([slow], 339_999).length, 0)
  t.equal(schedule.due([slow], 340_000).length, 1, 'on the new grid')
})

test('a query that is due remains due when the grid moves, and its next poll is on the new grid', async (t) => {
  const schedule = new Schedule(0, 15)
  for (const query of [fast, slow]) schedule.polled(query, 100)
  schedule.moveGrid(40_000, 60, 20_000)
  t.same(schedule.due([fast, slow], 20_000), [fast], 'polled by an earlier cycle')
  schedule.polled({ ...fast, intervalSeconds: 60 }, 20_100)
  t.equal(schedule.due([fast], 39_999).length, 0)
  t.equal(schedule.due([fast], 40_000).length, 1)
})

test('no query waits longer than its interval after that became shorter', async (t) => {
  const schedule = new Schedule(0, 15)
  for (const query of [fast, slow]) schedule.polled(query, 100)
  schedule.moveGrid(40_000, 60, 5000)
  schedule.limitWaits([{ name: 'slow', intervalSeconds: 60 }], 41_000)
  t.equal(schedule.due([slow], 99_999).length, 0)
  t.equal(schedule.due([slow], 100_000).length, 1)
  schedule.cycleEnded(40_500, [fast, slow])
  t.equal(schedule.nextCycle, 100_000)
})

test('a grid precedes scrapes by the lead, or by slightly more', async (t) => {
  /** The next cycle, planned at 15 s, with scrapes at this time and every 15 s, half a second after the start of a cycle. */
  const nextCycle = (scrapeAt: number) => {
    const schedule = new Schedule(0, 15)
    for (const query of [fast, slow]) schedule.polled(query, 100)
    schedule.cycleEnded(200, [fast, slow])
    schedule.align(15_000, scrapeAt, 500)
    t.equal(schedule.due([slow], schedule.nextCycle + 284_999).length, 0, 'the other queries move as well')
    t.equal(schedule.due([slow], schedule.nextCycle + 285_000).length, 1)
    return schedule.nextCycle
  }
  for (const scrapeAt of [500, 600, 800, 15_800, -14_400]) t.equal(nextCycle(scrapeAt), 15_000, `${scrapeAt}: close enough`)
  t.equal(nextCycle(1000), 15_350)
  t.equal(nextCycle(400), 14_750, 'a little earlier')
  t.equal(nextCycle(8000), 22_350)
  t.equal(nextCycle(14_000), 28_350, 'much later, because earlier would be too soon after the last poll')
})

test('without scrapes planned times move to the grid of the cycles', async (t) => {
  const schedule = new Schedule(0, 15)
  const odd = { name: 'odd', intervalSeconds: 20 }
  for (const query of [fast, odd]) schedule.polled(query, 100)
  schedule.cycleEnded(200, [fast, odd])
  schedule.align(60_000)
  t.equal(schedule.nextCycle, 15_000)
  t.equal(schedule.due([odd], 74_999).length, 0)
  t.equal(schedule.due([odd], 75_000).length, 1)
})

test('a shorter interval begins with the last poll', async (t) => {
  const schedule = new Schedule(0, 20)
  schedule.polled({ name: 'q', intervalSeconds: 20 }, 100)
  schedule.cycleEnded(200, [])
  schedule.limitWaits([{ name: 'q', intervalSeconds: 15 }], 300)
  t.equal(schedule.nextCycle, 15_000)
})
