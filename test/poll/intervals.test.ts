import { test } from 'tap'
import {
  budgetedInterval,
  CycleCosts,
  costShare,
  cycleIntervals,
  type Demand,
  phaseOf,
  stretch,
  usualDemand
} from '../../src/poll/intervals.ts'

const small: Demand = { perCycle: 0.015, queries: [{ seconds: 0.001, intervalSeconds: 15 }] }

const many = (count: number, demand = small) => new Map(Array.from({ length: count }, (_, index) => [`d${index}`, demand]))

/** What all cycles together cost. */
function totalShare(demands: ReadonlyMap<string, Demand>, intervals: ReadonlyMap<string, number>): number {
  return [...demands].reduce((sum, [name, demand]) => sum + costShare(demand, intervals.get(name) ?? 0), 0)
}

test('the cycles of few databases have the shortest interval', async (t) => {
  t.same([...cycleIntervals(many(5), 0.02, 15, new Map()).values()], [15, 15, 15, 15, 15])
})

test('the cycles of many databases cost no more than their share of a core, at multiples of the unit', async (t) => {
  for (const count of [60, 200, 1000, 10_000]) {
    const demands = many(count)
    const intervals = cycleIntervals(demands, 0.02, 15, new Map())
    const share = totalShare(demands, intervals)
    t.ok(share <= 0.02 && share > 0.014, `${count} databases cost ${share}`)
    t.ok([...intervals.values()].every((interval) => interval % 15 === 0))
  }
})

test('the interval of an expensive database grows, those of the others do not', async (t) => {
  const expensive: Demand = { perCycle: 0.015, queries: [{ seconds: 2, intervalSeconds: 15 }] }
  const demands = new Map([...many(5), ['expensive', expensive]])
  const intervals = cycleIntervals(demands, 0.02, 15, new Map())
  t.equal(intervals.get('d0'), 15)
  t.ok((intervals.get('expensive') ?? 0) > 60)
  t.ok(totalShare(demands, intervals) <= 0.02)
})

test('the interval of an expensive database is at most ten minutes, unless most other intervals are nearly as long', async (t) => {
  const unaffordable: Demand = { perCycle: 0.015, queries: [{ seconds: 60, intervalSeconds: 15 }] }
  const longest = (others: number) =>
    cycleIntervals(new Map([...many(others), ['unaffordable', unaffordable]]), 0.02, 15, new Map()).get('unaffordable') ?? 0
  t.ok(longest(5) >= 600 && longest(5) < 700)
  const median = cycleIntervals(many(1000), 0.02, 15, new Map()).get('d0') ?? 0
  t.ok(longest(1000) >= 4 * median && median > 600)
})

test('at the budgeted interval, cycles of 30 ms in all databases fit into the share', async (t) => {
  t.equal(budgetedInterval(200, 0.02, 15), 300)
  t.equal(budgetedInterval(201, 0.02, 15), 315, 'a multiple of the unit')
  t.equal(budgetedInterval(200, 0.05, 15), 120)
  t.equal(budgetedInterval(3, 0.02, 15), 15)
})

test('an interval that is slightly too long is kept', async (t) => {
  const demands = many(200)
  const [[, interval = 0] = []] = [...cycleIntervals(demands, 0.02, 15, new Map())]
  const current = new Map([...demands.keys()].map((name) => [name, interval]))
  const less = many(200, { ...small, perCycle: 0.013 })
  t.equal(cycleIntervals(less, 0.02, 15, current).get('d0'), interval)
  const muchLess = many(200, { ...small, perCycle: 0.005 })
  t.ok((cycleIntervals(muchLess, 0.02, 15, current).get('d0') ?? 0) < interval)
  const more = many(200, { ...small, perCycle: 0.03 })
  t.ok((cycleIntervals(more, 0.02, 15, current).get('d0') ?? 0) > interval)
})

test('the interval of a query is a multiple of the cycle interval, that of a slow gauge at least four', async (t) => {
  t.equal(stretch(15, 15), 15)
  t.equal(stretch(30, 20), 40)
  t.equal(stretch(60, 15), 60)
  t.equal(stretch(60, 45), 180)
  t.equal(stretch(300, 150), 600)
  t.equal(stretch(15, 150), 150)
  t.equal(stretch(600, 150), 600)
})

test('the cost of a cycle is that of connecting and of its queries at their effective intervals', async (t) => {
  const demand: Demand = { perCycle: 0.03, queries: [{ seconds: 0.9, intervalSeconds: 60 }] }
  t.equal(costShare(demand, 15), 0.03 / 15 + 0.9 / 60)
  t.equal(costShare(demand, 45), 0.03 / 45 + 0.9 / 180)
})

test('the first duration of a query does not count; of the last five the shortest does', async (t) => {
  const costs = new CycleCosts()
  const queries = [{ name: 'q', intervalSeconds: 15 }]
  const after = (seconds: number) => {
    costs.polled('q', seconds, false)
    return costs.demand(queries).queries[0]?.seconds
  }
  t.equal(costs.demand(queries).queries[0]?.seconds, 0.002, 'before the first poll')
  t.equal(after(5), 0.002)
  t.equal(costs.demand(queries).queries[0]?.seconds, 0.002, 'without another poll')
  t.equal(after(0.2), 0.2)
  t.equal(after(3), 0.2, 'a single long poll')
  for (const seconds of [4, 5, 6]) t.equal(after(seconds), 0.2)
  t.equal(after(7), 3, 'five long polls')
  t.equal(after(0.1), 0.1)
  t.same(costs.demand([{ name: 'other', intervalSeconds: 60 }]).queries, [{ seconds: 0.002, intervalSeconds: 60 }])
})

test('waiting for a lock costs nothing, and its duration does not count', async (t) => {
  const costs = new CycleCosts()
  const cost = () => costs.demand([{ name: 'q', intervalSeconds: 15 }]).queries[0]?.seconds
  for (const seconds of [1, 1]) costs.polled('q', seconds, false)
  for (let poll = 0; poll < 5; poll++) costs.polled('q', 0.1, true)
  t.equal(cost(), 0)
  costs.polled('q', 2, false)
  t.equal(cost(), 1)
})

test('a cycle costs what connecting took, at least 10 ms, and nothing where the session was kept', async (t) => {
  const costs = new CycleCosts()
  const perCycle = (seconds: number | undefined) => {
    costs.cycled(seconds)
    return costs.demand([]).perCycle
  }
  t.equal(costs.demand([]).perCycle, usualDemand.perCycle)
  t.equal(perCycle(5), 0.01, 'the first duration does not count')
  t.equal(perCycle(0.05), 0.05)
  t.equal(perCycle(undefined), 0)
  t.equal(perCycle(0.001), 0.01)
})

test('each phase lies in the widest gap between the earlier ones', async (t) => {
  for (let index = 2; index < 100; index++) {
    const earlier = Array.from({ length: index }, (_, other) => phaseOf(other)).sort((left, right) => left - right)
    const gaps = earlier.map((phase, place) => ({ from: phase, width: (earlier[place + 1] ?? 1) - phase }))
    const widest = Math.max(...gaps.map(({ width }) => width))
    const own = gaps.findLast(({ from }) => from <= phaseOf(index))
    t.ok((own?.width ?? 0) > widest - 1e-3, `phase ${index}`)
  }
})
