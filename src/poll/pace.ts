/** What visits to one database cost the server, in seconds of its CPU. */
export interface Demand {
  /** Coming and going, once in every visit. */
  readonly perVisit: number
  /** What is asked there: how long it takes, and how often it would be asked. */
  readonly queries: readonly { readonly seconds: number; readonly intervalSeconds: number }[]
}

/** What a new process, its authentication and its end cost the server's CPU at least, however fast the connection is. */
export const connectSeconds = 0.01

/** Before a database has been visited: what a visit to a small one costs. */
export const usualDemand: Demand = { perVisit: 0.015, queries: [] }

/** No database waits longer because it is dearer than the others, unless they wait nearly as long. */
const longestSeconds = 600
const longestByMedian = 4

/** A query is asked at a visit, so never more often, and every so many visits. */
export function stretch(intervalSeconds: number, visitIntervalSeconds: number): number {
  return Math.ceil(intervalSeconds / visitIntervalSeconds - 1e-9) * visitIntervalSeconds
}

/** Which part of a core visits at this interval cost. */
export function costShare({ perVisit, queries }: Demand, visitIntervalSeconds: number): number {
  return queries.reduce(
    (sum, { seconds, intervalSeconds }) => sum + seconds / stretch(intervalSeconds, visitIntervalSeconds),
    perVisit / visitIntervalSeconds
  )
}

/**
 * The interval of each database's visits, so that all together cost no more than this part of a core. A dear
 * database is visited more rarely before a cheap one is: each may have its part, and who needs less leaves the
 * rest to the others. `current` intervals change only when they are clearly wrong.
 */
export function visitIntervals(
  demands: ReadonlyMap<string, Demand>,
  share: number,
  unitSeconds: number,
  current: ReadonlyMap<string, number>
): ReadonlyMap<string, number> {
  const level = fairLevel(
    [...demands.values()].map((demand) => costShare(demand, unitSeconds)),
    share
  )
  const needed = [...demands.values()].map((demand) => intervalOf(demand, level, unitSeconds, Number.POSITIVE_INFINITY, undefined))
  const median = needed.sort((one, other) => one - other)[Math.floor(needed.length / 2)] ?? 0
  const longest = Math.max(longestSeconds, longestByMedian * median)
  return new Map([...demands].map(([name, demand]) => [name, intervalOf(demand, level, unitSeconds, longest, current.get(name))]))
}

/** The most that one may have when each has what it needs or else as much as any other. */
function fairLevel(needs: readonly number[], share: number): number {
  let left = share
  const ascending = [...needs].sort((one, other) => one - other)
  for (const [index, need] of ascending.entries()) {
    const level = left / (ascending.length - index)
    if (need > level) return level
    left -= need
  }
  return Number.POSITIVE_INFINITY
}

function intervalOf(demand: Demand, level: number, unit: number, longest: number, current: number | undefined): number {
  const isRight = (interval: number, allowed: number) => interval >= longest || costShare(demand, interval) <= allowed
  let interval = unit
  while (!isRight(interval, level)) interval = nextRung(interval, unit)
  if (current === undefined || current < unit || interval > current) return interval
  // Not faster again before it would do with a fifth less.
  while (interval < current && !isRight(interval, level * 0.8)) interval = nextRung(interval, unit)
  return interval
}

/** Steps of one unit up to eight, of two up to sixteen, and so on: few enough that an interval seldom changes. */
function nextRung(interval: number, unit: number): number {
  return interval + unit * 2 ** Math.max(0, Math.floor(Math.log2(interval / unit)) - 2)
}

/** Where in their interval the visits to one of many databases lie: each next one in the widest gap that is left. */
export function phaseOf(index: number): number {
  return (index * 0.618034) % 1
}
