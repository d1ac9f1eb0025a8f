/** The properties of a query that a schedule depends on. */
export interface Timed {
  readonly name: string
  readonly intervalSeconds: number
}

/**
 * Schedules the poll cycles of one database and its queries on a fixed time grid. The next poll of a query is its
 * previous planned time plus its interval; missed points are skipped. A timer restarted after each poll would drift
 * relative to the scrapes and distort `rate()`. All times are in milliseconds of one clock.
 */
export class Schedule {
  readonly #planned = new Map<string, number>()
  #cycleMs: number
  #nextCycle: number
  #shiftedAt = Number.NEGATIVE_INFINITY

  constructor(start: number, cycleIntervalSeconds: number) {
    this.#nextCycle = start
    this.#cycleMs = cycleIntervalSeconds * 1000
  }

  /** The planned time of the next poll cycle. */
  get nextCycle(): number {
    return this.#nextCycle
  }

  /** The queries whose planned time has passed. A new query is due immediately. */
  due<Query extends Timed>(queries: readonly Query[], now: number): readonly Query[] {
    return queries.filter((query) => (this.#planned.get(query.name) ?? now) <= now)
  }

  /** Plans the next poll of a query that has been polled. A query that was not polled remains due. */
  polled(query: Timed, now: number): void {
    this.#planned.set(query.name, nextOnGrid(this.#planned.get(query.name) ?? this.#nextCycle, query.intervalSeconds * 1000, now))
  }

  /**
   * Moves the grid: a cycle is due at `next` and at every interval after it. Planned polls move to the next point of
   * the grid.
   */
  moveGrid(next: number, cycleIntervalSeconds: number): void {
    this.#cycleMs = cycleIntervalSeconds * 1000
    this.#nextCycle = next
    const onGrid = (time: number) => next + Math.max(0, Math.ceil((time - next) / this.#cycleMs)) * this.#cycleMs
    for (const [name, time] of this.#planned) this.#planned.set(name, onGrid(time))
  }

  /** Moves polls that are planned more than one interval ahead to an earlier time, after intervals may have become shorter. */
  limitWaits(queries: readonly Timed[], now: number): void {
    for (const { name, intervalSeconds } of queries) {
      const time = this.#planned.get(name) ?? now
      const intervals = Math.floor((time - now) / 1000 / intervalSeconds)
      if (intervals <= 0) continue
      const sooner = time - intervals * intervalSeconds * 1000
      this.#planned.set(name, sooner)
      this.#nextCycle = Math.min(this.#nextCycle, sooner)
    }
  }

  /** Plans the next cycle after one has ended: when a query is due, or when the cycle interval has passed. */
  cycleEnded(now: number, queries: readonly Timed[], backOffSeconds = 0): void {
    const own = nextOnGrid(this.#nextCycle, this.#cycleMs, now + backOffSeconds * 1000)
    const planned = queries.flatMap((query) => this.#planned.get(query.name) ?? []).filter((time) => time > now)
    this.#nextCycle = backOffSeconds > 0 ? own : Math.min(own, ...planned)
  }

  /**
   * Moves the grid by a third of the interval if a scrape falls within one second of a cycle: such scrapes would
   * alternately receive the results before and after the cycle. The grid moves at most once in twenty intervals,
   * because with many scrapers no position on it is free. Returns whether it moved.
   */
  scraped(now: number, lastCycle?: { readonly from: number; readonly to: number }): boolean {
    const isInLast = lastCycle !== undefined && now > lastCycle.from - nearMs && now < lastCycle.to + nearMs
    const isClose = isInLast || this.#nextCycle - now < nearMs
    const mayMove = this.#cycleMs > 6 * nearMs && now - this.#shiftedAt > 20 * this.#cycleMs
    if (!isClose || !mayMove) return false
    this.#shiftedAt = now
    const third = this.#cycleMs / 3
    this.#nextCycle += third
    for (const [name, time] of this.#planned) this.#planned.set(name, time + third)
    return true
  }
}

const nearMs = 1000

/** The first point of the grid `planned + n × interval` (n ≥ 1) after `now`. */
export function nextOnGrid(planned: number, intervalMs: number, now: number): number {
  return planned + Math.max(1, Math.floor((now - planned) / intervalMs) + 1) * intervalMs
}

/** The first point of the grid `(n + phase) × interval` after `now`, with a phase from 0 to 1. */
export function nextInPhase(phase: number, intervalMs: number, now: number): number {
  const offset = phase * intervalMs
  return offset + (Math.floor((now - offset) / intervalMs) + 1) * intervalMs
}

/**
 * The wait after the nth consecutive failure: 15 s, doubled after each failure, at most five minutes, each minus one
 * second. Without that margin the point of the grid at the end of the wait could be missed.
 */
export function backOffSeconds(failures: number): number {
  return failures === 0 ? 0 : Math.min(300, 15 * 2 ** (failures - 1)) - 1
}
