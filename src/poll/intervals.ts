/** What the poll cycles of one database cost the server, in seconds of its CPU. */
export interface Demand {
  /** Connecting and disconnecting, once in every cycle. */
  readonly perCycle: number
  readonly queries: readonly { readonly seconds: number; readonly intervalSeconds: number }[]
}

/** The least that a new backend, its authentication and its end cost the server. */
const connectSeconds = 0.01

/** Before the first cycle: what a cycle in a small database costs. */
export const usualDemand: Demand = { perCycle: 0.015, queries: [] }

/** An expensive database is polled at least this often, unless most others wait nearly as long. */
const longestSeconds = 600
const longestByMedian = 4

/** A query is polled in a cycle, so never more often than the cycles, and in every nth of them. */
export function stretch(intervalSeconds: number, cycleIntervalSeconds: number): number {
  return Math.ceil(intervalSeconds / cycleIntervalSeconds - 1e-9) * cycleIntervalSeconds
}

/** The fraction of a core that cycles at this interval cost. */
export function costShare({ perCycle, queries }: Demand, cycleIntervalSeconds: number): number {
  return queries.reduce(
    (sum, { seconds, intervalSeconds }) => sum + seconds / stretch(intervalSeconds, cycleIntervalSeconds),
    perCycle / cycleIntervalSeconds
  )
}

/**
 * The cycle interval of each database, so that all cycles together cost no more than `share` of a core. Each database
 * may have an equal part; one that needs less leaves the rest to the others, so that the interval of an expensive
 * database grows first. `current` intervals change only when they are clearly wrong.
 */
export function cycleIntervals(
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

/** The largest part that one database may have when each gets what it needs, or else as much as any other. */
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
  const isEnough = (interval: number, allowed: number) => interval >= longest || costShare(demand, interval) <= allowed
  let interval = unit
  while (!isEnough(interval, level)) interval = nextStep(interval, unit)
  if (current === undefined || current < unit || interval > current) return interval
  // Shorter again only when a fifth less would do.
  while (interval < current && !isEnough(interval, level * 0.8)) interval = nextStep(interval, unit)
  return interval
}

/** Steps of one unit up to eight units, of two up to sixteen, and so on, so that an interval seldom changes. */
function nextStep(interval: number, unit: number): number {
  return interval + unit * 2 ** Math.max(0, Math.floor(Math.log2(interval / unit)) - 2)
}

/** The offset of the nth database's cycles in their interval, from 0 to 1: each in the widest gap that is left. */
export function phaseOf(index: number): number {
  return (index * 0.618034) % 1
}

/** Durations that count towards an estimate. */
const durationsKept = 5
/** Before a query has been polled twice. */
const usualSeconds = 0.002

/**
 * The cost of one database's cycles as measured: of the last five durations the shortest, because whatever else loads
 * the machine makes polls slower. The first duration does not count: then every query is polled, with cold catalogs.
 */
export class CycleCosts {
  readonly #durations = new Map<string, readonly number[]>()
  readonly #free = new Set<string>()
  #perCycle = usualDemand.perCycle

  /** A query was polled. Waiting for a lock costs the server nothing. */
  polled(query: string, seconds: number, hasWaitedForLock: boolean): void {
    if (hasWaitedForLock) {
      this.#free.add(query)
    } else {
      this.#free.delete(query)
      this.#measure(query, seconds)
    }
  }

  /** A cycle ended: how long connecting took, and reading facts; undefined when the session was kept. */
  cycled(seconds: number | undefined): void {
    if (seconds !== undefined) this.#measure('', seconds)
    this.#perCycle = seconds === undefined ? 0 : Math.max(connectSeconds, this.#estimate(''))
  }

  demand(queries: readonly { readonly name: string; readonly intervalSeconds: number }[]): Demand {
    return {
      perCycle: this.#perCycle,
      queries: queries.map(({ name, intervalSeconds }) => ({
        seconds: this.#free.has(name) ? 0 : this.#estimate(name),
        intervalSeconds
      }))
    }
  }

  #measure(what: string, seconds: number): void {
    const known = this.#durations.get(what)
    this.#durations.set(what, known === undefined ? [] : [...known, seconds].slice(-durationsKept))
  }

  #estimate(what: string): number {
    const durations = this.#durations.get(what) ?? []
    return durations.length === 0 ? usualSeconds : Math.min(...durations)
  }
}
