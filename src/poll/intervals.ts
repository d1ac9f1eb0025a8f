/** The cost of the poll cycles of one database, in seconds of the server's CPU. */
export interface Demand {
  /** The cost of connecting and disconnecting, once per cycle. */
  readonly perCycle: number
  readonly queries: readonly { readonly seconds: number; readonly intervalSeconds: number }[]
}

/** The minimum cost of starting, authenticating and ending a backend. */
const connectSeconds = 0.01

/** The assumed cost before the first cycle: that of a small database. */
export const usualDemand: Demand = { perCycle: 0.015, queries: [] }

/** The maximum interval of an expensive database: the longer of this time and this multiple of the median interval. */
const longestSeconds = 600
const longestByMedian = 4

/** Queries with at least this interval are gauges that change slowly; they run in every fourth cycle at most. */
const slowSeconds = 60
const slowCycles = 4

/** The smallest multiple of `stepSeconds` that is not shorter than the interval. */
export function roundUp(intervalSeconds: number, stepSeconds: number): number {
  return Math.ceil(intervalSeconds / stepSeconds - 1e-9) * stepSeconds
}

/**
 * The effective interval of a query in cycles that are longer because of their cost: a multiple of the cycle interval, for
 * slow gauges at least four cycles. The counters are then polled more often for the same cost.
 */
export function stretch(intervalSeconds: number, cycleIntervalSeconds: number): number {
  const fewestCycles = intervalSeconds < slowSeconds ? 1 : slowCycles
  return Math.max(fewestCycles * cycleIntervalSeconds, roundUp(intervalSeconds, cycleIntervalSeconds))
}

/** The cost of cycles at this interval, as a fraction of a core. */
export function costShare({ perCycle, queries }: Demand, cycleIntervalSeconds: number): number {
  return queries.reduce(
    (sum, { seconds, intervalSeconds }) => sum + seconds / stretch(intervalSeconds, cycleIntervalSeconds),
    perCycle / cycleIntervalSeconds
  )
}

/** The cost of a cycle with a new session in a database of ten tables; docs/decisions/0006 contains the measurement. */
const budgetedSeconds = 0.03

/** The budgeted interval: that at which this share of a core allows cycles of this cost in all databases. */
export function budgetedInterval(databases: number, share: number, unitSeconds: number): number {
  return Math.max(1, Math.ceil((databases * budgetedSeconds) / share / unitSeconds - 1e-9)) * unitSeconds
}

/**
 * Computes the cycle interval of each database. All cycles together cost at most `share` of a core. Each database may
 * use an equal part, and unused parts are redistributed, so the interval of an expensive database grows first. An
 * interval in `current` is kept if it is still long enough and not much longer than necessary.
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

/**
 * The largest part that one database may use, by max-min fairness: databases that need less get what they need, all
 * others the same part.
 */
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
  // The interval decreases only if the cost then stays below the allowed part by a fifth.
  while (interval < current && !isEnough(interval, level * 0.8)) interval = nextStep(interval, unit)
  return interval
}

/**
 * The next longer interval: steps of one unit up to eight units, of two units up to sixteen, and so on. Wider steps
 * make changes rare.
 */
function nextStep(interval: number, unit: number): number {
  return interval + unit * 2 ** Math.max(0, Math.floor(Math.log2(interval / unit)) - 2)
}

/** The offset of the cycles of the nth database in their interval, from 0 to 1. Each offset lies in the widest remaining gap. */
export function phaseOf(index: number): number {
  return (index * 0.618034) % 1
}

/** The number of durations on which an estimate is based. */
const durationsKept = 5
/** The assumed duration until a query has been polled twice. */
const usualSeconds = 0.002

/**
 * Measures the cost of the cycles of one database. An estimate is the shortest of the last five durations, because other
 * load on the machine makes polls slower. The first duration does not count: the first cycle polls every query, with
 * cold catalogs.
 */
export class CycleCosts {
  readonly #durations = new Map<string, readonly number[]>()
  readonly #free = new Set<string>()
  #perCycle = usualDemand.perCycle

  /** Records the duration of a poll. Waiting for a lock costs the server nothing. */
  polled(query: string, seconds: number, hasWaitedForLock: boolean): void {
    if (hasWaitedForLock) {
      this.#free.add(query)
    } else {
      this.#free.delete(query)
      this.#measure(query, seconds)
    }
  }

  /** Records the time that a cycle spent connecting and reading facts; undefined if the session was kept. */
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
