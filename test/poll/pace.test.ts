import { test } from 'tap'
import { costShare, type Demand, stretch, visitIntervals } from '../../src/poll/pace.ts'

const small: Demand = { perVisit: 0.015, queries: [{ seconds: 0.001, intervalSeconds: 15 }] }

const many = (count: number, demand = small) => new Map(Array.from({ length: count }, (_, index) => [`d${index}`, demand]))

/** What all visits together cost. */
function totalShare(demands: ReadonlyMap<string, Demand>, intervals: ReadonlyMap<string, number>): number {
  return [...demands].reduce((sum, [name, demand]) => sum + costShare(demand, intervals.get(name) ?? 0), 0)
}

test('few databases are visited as often as they may', async (t) => {
  t.same([...visitIntervals(many(5), 0.02, 15, new Map()).values()], [15, 15, 15, 15, 15])
})

test('many databases cost no more than their part of a core, in multiples of the unit', async (t) => {
  for (const count of [60, 200, 1000, 10_000]) {
    const demands = many(count)
    const intervals = visitIntervals(demands, 0.02, 15, new Map())
    const share = totalShare(demands, intervals)
    t.ok(share <= 0.02 && share > 0.014, `${count} databases cost ${share}`)
    t.ok([...intervals.values()].every((interval) => interval % 15 === 0))
  }
})

test('a dear database waits longer, the cheap ones do not', async (t) => {
  const dear: Demand = { perVisit: 0.015, queries: [{ seconds: 2, intervalSeconds: 15 }] }
  const demands = new Map([...many(5), ['dear', dear]])
  const intervals = visitIntervals(demands, 0.02, 15, new Map())
  t.equal(intervals.get('d0'), 15)
  t.ok((intervals.get('dear') ?? 0) > 60)
  t.ok(totalShare(demands, intervals) <= 0.02)
  const hopeless: Demand = { perVisit: 0.015, queries: [{ seconds: 60, intervalSeconds: 15 }] }
  const longest = visitIntervals(new Map([...many(5), ['dear', hopeless]]), 0.02, 15, new Map()).get('dear') ?? 0
  t.ok(longest >= 600 && longest < 700, 'but it is visited')
})

test('an interval that is nearly right stays', async (t) => {
  const demands = many(200)
  const [[, interval = 0] = []] = [...visitIntervals(demands, 0.02, 15, new Map())]
  const now = new Map([...demands.keys()].map((name) => [name, interval]))
  const less = many(200, { ...small, perVisit: 0.013 })
  t.equal(visitIntervals(less, 0.02, 15, now).get('d0'), interval)
  const muchLess = many(200, { ...small, perVisit: 0.005 })
  t.ok((visitIntervals(muchLess, 0.02, 15, now).get('d0') ?? 0) < interval)
})

test('a query is asked at a visit', async (t) => {
  t.equal(stretch(15, 15), 15)
  t.equal(stretch(60, 45), 90)
  t.equal(stretch(15, 150), 150)
  t.equal(stretch(600, 150), 600)
})
