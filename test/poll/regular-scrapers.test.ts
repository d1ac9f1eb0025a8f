import { test } from 'tap'
import { findRegularScrapers, type RegularScraper, updateRegularScrapers } from '../../src/poll/regular-scrapers.ts'

const seconds = (times: readonly number[]) => findRegularScrapers(times.map((time) => time * 1000))
const every = (period: number, from: number, count: number) => Array.from({ length: count }, (_, index) => from + index * period)
const inOrder = (...times: readonly (readonly number[])[]) => times.flat().sort((left, right) => left - right)
const periods = (times: readonly number[]) => seconds(times).map(({ periodMs }) => periodMs / 1000)

test('five requests at equal intervals are those of a regular scraper', async (t) => {
  t.same(seconds([]), [])
  t.same(seconds(every(15, 4, 4)), [])
  t.same(seconds(every(15, 4, 5)), [{ periodMs: 15_000, at: 64_000, lastAt: 64_000, irregular: 0 }])
})

test('gaps may differ from their mean by 5 %', async (t) => {
  t.same(periods([0, 10.4, 20, 30.4, 40]), [10])
  t.same(periods([0, 10.6, 20, 30.6, 40]), [])
})

test('a late scrape does not move the expected times', async (t) => {
  const [late] = seconds([...every(15, 4, 9), 139.5])
  t.match(late, { periodMs: 15_000, lastAt: 139_500 })
  t.ok(Math.abs((late?.at ?? 0) - 139_000) < 100, `${late?.at}`)
})

test('one scrape in five may be missing', async (t) => {
  t.match(seconds([0, 15, 45, 60, 75]), [{ periodMs: 15_000, at: 75_000 }])
  t.same(periods([0, 15, 30, 45, 75]), [15])
  t.same(periods([0, 15, 45, 60, 90]), [], 'two are missing')
})

test('other requests of the same address are ignored', async (t) => {
  t.match(seconds(inOrder(every(15, 4, 8), [50, 111])), [{ periodMs: 15_000, at: 109_000 }])
  t.match(seconds(inOrder(every(15, 4, 8), [110, 111])), [{ periodMs: 15_000, at: 109_000 }], 'the last ones as well')
  t.same(periods(inOrder(every(15, 4, 8), [14, 29, 32, 60, 66])), [], 'but not many')
})

test('two scrapers behind one address are found separately', async (t) => {
  t.match(seconds(inOrder(every(15, 0, 8), every(15, 4, 8))), [
    { periodMs: 15_000, at: 109_000 },
    { periodMs: 15_000, at: 105_000 }
  ])
  t.same(periods(inOrder(every(30, 0, 5), every(15, 4, 10))), [15, 30])
})

test('the period is the roundest number that a measured one can be', async (t) => {
  for (const [measured, period] of [
    [15.004, 15],
    [59.99, 60],
    [60.2, 60],
    [61, 61],
    [7.5, 7.5],
    [1.001, 1],
    [12.34, 12.3],
    [15.22, 15.2]
  ] as const) {
    t.same(periods(every(measured, 3, 8)), [period])
  }
})

test('requests in quick succession are not scrapes', async (t) => {
  t.same(periods(every(0.1, 0, 16)), [])
})

test('after a restart at another phase the earlier scraper is found too, with its last time', async (t) => {
  t.match(seconds([...every(15, 0, 8), ...every(15, 137, 5)]), [
    { periodMs: 15_000, lastAt: 197_000 },
    { periodMs: 15_000, lastAt: 105_000 }
  ])
})

test('late scrapes do not change a known scraper', async (t) => {
  const late = [0, 0, 0, 0, 0, 1.2, 0.3, 3, 0, 2, 0, 0, 1, 0, 2.5, 0, 0, 0]
  const times: number[] = []
  let scrapers: readonly RegularScraper[] = []
  for (const [index, seconds] of late.entries()) {
    times.push((15 * index + seconds) * 1000)
    scrapers = updateRegularScrapers(scrapers, times.slice(-16))
    if (index >= 5)
      t.match(
        scrapers.map(({ periodMs }) => periodMs),
        [15_000],
        `after ${seconds} s`
      )
    if (index >= 5) t.ok(scrapers.every(({ at }) => Math.min(at % 15_000, 15_000 - (at % 15_000)) < 300))
  }
})

test('a scraper whose period doubles is found with its new period', async (t) => {
  const times = [...every(15_000, 0, 10), ...every(30_000, 165_000, 16)]
  let scrapers: readonly RegularScraper[] = []
  for (const index of times.keys()) scrapers = updateRegularScrapers(scrapers, times.slice(Math.max(0, index - 15), index + 1))
  t.match(scrapers, [{ periodMs: 30_000 }])
  t.equal(scrapers.length, 1)
})
