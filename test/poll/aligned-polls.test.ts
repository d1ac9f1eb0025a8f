import { test } from 'tap'
import { isFresh } from '../../src/poll/snapshots.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { type Received, ScrapedPoller, scrapesOf } from './scraped-poller.ts'

const write = (name: string, interval: string) =>
  parseQuery(`${name}.sql`, `-- Q.\n--\n-- scope: server\n-- interval: ${interval}\n-- gauge a: A.\nselect 1 as a`)
const queries = [write('fast', '15s'), write('half', '30s'), write('minute', '1m'), write('slow', '5m')]

const minute = 60_000
const hour = 60 * minute
const half = 30 * minute

/** A deviation of up to `share` of a period in each direction, the same in every run. */
const jitter = (ms: number) => {
  let state = 12345
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31
    return (state / 2 ** 31 - 0.5) * 2 * ms
  }
}

/** The age that 95 % of the samples do not exceed. */
function p95(received: readonly Received[]): number {
  const ages = received.map(({ ageMs }) => ageMs).sort((left, right) => left - right)
  return ages[Math.ceil(0.95 * ages.length) - 1] ?? Number.NaN
}

const pollsOf = (received: readonly Received[]) => [...new Set(received.map(({ polls }) => polls))]
const gapsOf = (times: readonly number[]) => times.slice(1).map((time, index) => time - (times[index] ?? time))

test('each scrape of a regular scraper receives one new poll that has just ended', async (t) => {
  for (const seconds of [15, 20, 30, 60]) {
    for (const phase of [0, 4000, 14_900]) {
      const poller = new ScrapedPoller(queries, (cycle) => (cycle % 20 === 0 ? 400 : 120))
      poller.run(half, scrapesOf('a', { from: phase, period: seconds * 1000, to: half }))
      const settled = poller.received.filter(({ at }) => at > 8 * seconds * 1000)
      const at = `every ${seconds} s at ${phase} ms`
      t.ok(p95(settled) <= 1000, `${at}: ${p95(settled)} ms`)
      t.same(pollsOf(settled), [1], at)
      const gaps = gapsOf((poller.polled.get('fast') ?? []).filter((time) => time > 8 * seconds * 1000))
      t.ok(
        gaps.every((gap) => Math.abs(gap - seconds * 1000) < 1e-6),
        `${at}: the intervals are equal`
      )
      t.same(poller.poller.intervals, new Map([['d', seconds]]))
    }
  }
})

test('with scrapes more frequent than polls, every n-th scrape receives a new poll', async (t) => {
  // Period of the scrapes and of the polls, in seconds.
  for (const [period, interval] of [
    [1, 15],
    [5, 15],
    [7.5, 15],
    [10, 20]
  ] as const) {
    const poller = new ScrapedPoller(queries)
    poller.run(half, scrapesOf('a', { from: 300, period: period * 1000, to: half }))
    const settled = poller.received.filter(({ at }) => at > 2 * minute)
    const fresh = settled.filter(({ polls }) => polls > 0)
    t.ok(p95(fresh) <= 1000, `every ${period} s: ${p95(fresh)} ms`)
    t.same(pollsOf(fresh), [1])
    t.ok(
      gapsOf(fresh.map(({ at }) => at)).every((gap) => gap === interval * 1000),
      `polls every ${interval} s`
    )
  }
})

test('queries keep their own intervals, as multiples of the time between scrapes', async (t) => {
  const intervals = (seconds: number) => {
    const poller = new ScrapedPoller(queries)
    poller.run(half, scrapesOf('a', { from: 4000, period: seconds * 1000, to: half }))
    return queries.map(({ name }) => (gapsOf(poller.polled.get(name) ?? []).at(-1) ?? 0) / 1000)
  }
  t.same(intervals(15).map(Math.round), [15, 30, 60, 300])
  t.same(intervals(10).map(Math.round), [20, 30, 60, 300])
  t.same(intervals(60).map(Math.round), [60, 60, 60, 300])
})

test('polls are at most a minute apart', async (t) => {
  for (const [period, interval] of [
    [90, 45],
    [120, 60],
    [300, 60]
  ] as const) {
    const poller = new ScrapedPoller(queries)
    poller.run(2 * hour, scrapesOf('a', { from: 4000, period: period * 1000, to: 2 * hour }))
    t.same(poller.poller.intervals, new Map([['d', interval]]))
    const settled = poller.received.slice(10)
    t.ok(p95(settled) <= 1000)
    t.same(pollsOf(settled), [period / interval])
  }
})

test('jitter of 5 % increases the age of samples by the jitter only', async (t) => {
  // Gaps between scrapes differ by 5 % from their mean.
  for (const seconds of [15, 30, 60]) {
    const poller = new ScrapedPoller(queries)
    const deviation = jitter(0.025 * seconds * 1000)
    poller.run(2 * hour, scrapesOf('a', { from: 5000, period: seconds * 1000, to: 2 * hour, deviation }))
    const settled = poller.received.slice(20)
    t.ok(p95(settled) <= 1000 + 0.075 * seconds * 1000, `every ${seconds} s: ${p95(settled)} ms`)
    t.ok(settled.filter(({ polls }) => polls === 1).length > 0.9 * settled.length, `${seconds} s`)
    t.same(poller.poller.intervals, new Map([['d', seconds]]))
  }
})

test('irregular scrapes move the grid rarely, and never make polls more frequent', async (t) => {
  const poller = new ScrapedPoller(queries)
  poller.run(hour, scrapesOf('a', { from: 5000, period: 20_000, to: hour, deviation: jitter(8000) }))
  const gaps = gapsOf(poller.polled.get('fast') ?? [])
  t.ok(
    gaps.every((gap) => gap >= 13_400 && gap <= 120_000),
    `${Math.min(...gaps)} to ${Math.max(...gaps)}`
  )
  t.ok(
    gaps.filter((gap) => Math.abs(gap - 15_000) > 1).length < 0.1 * gaps.length,
    `${gaps.filter((gap) => Math.abs(gap - 15_000) > 1).length} of ${gaps.length}: some times are regular by chance`
  )
})

test('the grid follows a scraper whose clock drifts', async (t) => {
  for (const drift of [-20, -3, 3, 20]) {
    const poller = new ScrapedPoller(queries)
    poller.run(hour, scrapesOf('a', { from: 4000, period: 15_000 + drift, to: hour }))
    const settled = poller.received.filter(({ at }) => at > 5 * minute)
    t.ok(p95(settled) <= 1000, `${drift} ms: ${p95(settled)} ms`)
    t.ok(settled.filter(({ polls }) => polls === 1).length > 0.99 * settled.length, `${drift} ms`)
    const moved = gapsOf(poller.polled.get('fast') ?? []).filter((gap) => Math.abs(gap - 15_000) > 1e-6)
    t.ok(moved.length < 0.2 * settled.length, `${drift} ms: the grid moves rarely`)
    t.ok(
      moved.slice(1).every((gap) => Math.abs(gap - 15_000) < 500),
      `${drift} ms: and not far`
    )
  }
})

test('missed scrapes and other requests do not change the grid', async (t) => {
  const regular = scrapesOf('a', { from: 4000, period: 15_000, to: hour }).filter((_, index) => index % 9 !== 5)
  const other = [140, 145, 407, 411.5, 418, 1205, 1209].map((seconds) => seconds * 1000)
  for (const client of ['a', 'curl']) {
    const poller = new ScrapedPoller(queries)
    poller.run(hour, [...regular, ...other.map((at) => ({ at, client }))])
    const settled = poller.received.filter(({ at }) => at > 2 * minute && !other.includes(at))
    t.ok(p95(settled) <= 1000, `by ${client}: ${p95(settled)} ms`)
    t.ok(
      gapsOf((poller.polled.get('fast') ?? []).slice(10)).every((gap) => Math.abs(gap - 15_000) < 1000),
      `by ${client}: ${gapsOf((poller.polled.get('fast') ?? []).slice(10))}`
    )
  }
})

test('replicas that scrape together both receive new samples', async (t) => {
  for (const clients of [
    ['a', 'b'],
    ['a', 'a']
  ] as const) {
    const poller = new ScrapedPoller(queries)
    const [first, second] = clients
    const scrapes = [
      ...scrapesOf(first, { from: 4000, period: 30_000, to: half }),
      ...scrapesOf(second, { from: 4400, period: 30_000, to: half })
    ]
    poller.run(half, scrapes)
    t.ok(p95(poller.received.filter(({ at }) => at > 5 * minute)) <= 1000, clients.join())
    t.same(poller.poller.intervals, new Map([['d', 30]]))
  }
})

test('of two scrapers out of phase, one receives new samples and the other one samples of half a period of age', async (t) => {
  for (const clients of [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'a']
  ] as const) {
    for (const offset of [5000, 9500, 14_000, 20_000, 27_000]) {
      const poller = new ScrapedPoller(queries)
      const [first, second] = clients
      const at = [4000, 4000 + offset]
      const deviation = jitter(20)
      const scrapes = [
        ...scrapesOf(first, { from: 4000, period: 30_000, to: half, deviation }),
        ...scrapesOf(second, { from: 4000 + offset, period: 30_000, to: half, deviation })
      ]
      poller.run(half, scrapes)
      const settled = poller.received.filter((scrape) => scrape.at > 5 * minute)
      const ages = at.map((phase) => p95(settled.filter((scrape) => Math.abs(((scrape.at - phase + 100) % 30_000) - 100) < 100)))
      const [newest = 0, oldest = 0] = ages.sort((left, right) => left - right)
      const place = `${clients.join()} ${offset}`
      t.ok(newest <= 1000, `${place}: ${newest} ms`)
      t.ok(oldest <= 16_500, `${place}: ${oldest} ms`)
      const starts = poller.polled.get('fast') ?? []
      const moved = gapsOf(starts.filter((time) => time > 5 * minute)).filter((gap) => Math.abs(gap - 30_000) > 1000)
      t.same(moved, [], `${place}: the grid stays`)
    }
  }
})

test('the interval is the shortest period; of scrapers that require the same interval, polls precede those with the longest period', async (t) => {
  const poller = new ScrapedPoller(queries)
  const scrapes = [
    ...scrapesOf('five', { from: 1000, period: 5000, to: hour }),
    ...scrapesOf('fifteen', { from: 3000, period: 15_000, to: hour }),
    ...scrapesOf('minute', { from: 9000, period: 60_000, to: hour })
  ]
  poller.run(hour, scrapes)
  const settled = poller.received.filter(({ at, client }) => client === 'fifteen' && at > 5 * minute)
  t.ok(p95(settled) <= 1000)
  t.same(pollsOf(settled), [1])
})

test('the grid moves five scrapes after a scraper restarts at another phase', async (t) => {
  const poller = new ScrapedPoller(queries)
  const restart = 20 * minute
  const scrapes = [
    ...scrapesOf('a', { from: 4000, period: 15_000, to: restart }),
    ...scrapesOf('a', { from: restart + 25_000, period: 15_000, to: hour })
  ]
  poller.run(hour, scrapes)
  t.ok(p95(poller.received.filter(({ at }) => at > restart + 3 * minute)) <= 1000)
  const moved = gapsOf(poller.polled.get('fast') ?? []).filter((gap) => Math.abs(gap - 15_000) > 1000)
  t.equal(moved.length, 2, 'once for each phase')
  t.ok(
    moved.every((gap) => gap > 13_500 && gap <= 30_000),
    'never more often than the interval of the query, and no poll is lost'
  )
})

test('a step of the clock moves the grid once', async (t) => {
  for (const step of [-6000, 3000]) {
    const poller = new ScrapedPoller(queries)
    const scrapes = [
      ...scrapesOf('a', { from: 4000, period: 15_000, to: 20 * minute }),
      ...scrapesOf('a', { from: 20 * minute + 4000 + 15_000 + step, period: 15_000, to: hour })
    ]
    poller.run(hour, scrapes)
    t.ok(p95(poller.received.filter(({ at }) => at > 23 * minute)) <= 1000)
    t.equal(gapsOf(poller.polled.get('fast') ?? []).filter((gap) => Math.abs(gap - 15_000) > 1000).length, 2)
  }
})

test('without scrapes the interval is a minute after five minutes, until the first scrape', async (t) => {
  const poller = new ScrapedPoller(queries)
  const isServed = () =>
    queries.every(({ name }) => {
      const snapshot = poller.poller.snapshots.get('', name)
      return snapshot !== undefined && isFresh(snapshot, poller.now)
    })
  poller.run(4.9 * minute)
  t.same(poller.poller.intervals, new Map([['d', 15]]))
  for (let minutes = 5; minutes <= 30; minutes += 0.25) {
    poller.run(minutes * minute)
    t.ok(isServed(), `after ${minutes} minutes`)
  }
  t.same(poller.poller.intervals, new Map([['d', 60]]))
  t.same(gapsOf(poller.cycles).slice(-10), Array(10).fill(60_000))
  const at = 30 * minute + 20_000
  poller.run(at + 1, [{ at, client: 'a' }])
  t.same(poller.poller.intervals, new Map([['d', 15]]))
  t.ok(poller.poller.nextCycle(new Map()) - at <= 15_000)
  poller.run(32 * minute)
  t.same(gapsOf(poller.cycles).slice(-4), Array(4).fill(15_000))
})

test('polls continue at a longer interval after a regular scraper has stopped', async (t) => {
  const poller = new ScrapedPoller(queries)
  poller.run(hour, scrapesOf('a', { from: 4000, period: 15_000, to: 20 * minute }))
  t.same(poller.poller.intervals, new Map([['d', 60]]))
  t.equal(poller.scrapers.nextScrape(hour), undefined)
  t.ok(gapsOf(poller.polled.get('fast') ?? []).every((gap) => gap <= 60_000))
})

test('scrapes of another server do not affect the interval', async (t) => {
  const poller = new ScrapedPoller(queries)
  const scrapes = scrapesOf('a', { from: 4000, period: 15_000, to: hour })
  poller.run(
    hour,
    scrapes.map((scrape) => ({ ...scrape, server: 'other' }))
  )
  t.same(poller.poller.intervals, new Map([['d', 60]]))
})

test('long cycles end before the scrape, and cycles of slow servers keep their interval', async (t) => {
  const poller = new ScrapedPoller(queries, () => 3000)
  poller.run(hour, scrapesOf('a', { from: 4000, period: 15_000, to: hour }))
  const settled = poller.received.filter(({ at }) => at > 3 * minute)
  t.ok(p95(settled) <= 1000)
  t.same(pollsOf(settled), [1])
  const slow = new ScrapedPoller(queries, () => 14_000)
  slow.run(hour, scrapesOf('a', { from: 4000, period: 15_000, to: hour }))
  t.ok(gapsOf((slow.polled.get('fast') ?? []).slice(10)).every((gap) => Math.abs(gap - 15_000) < 1e-6))
})
