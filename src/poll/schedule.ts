import { modulo } from './cycle-timing.ts'

/** The properties of a query that a schedule depends on. */
export interface Timed {
  readonly name: string
  readonly intervalSeconds: number
}

/** The next poll of a query, and the interval that precedes it. */
interface Planned {
  readonly at: number
  readonly intervalMs: number
}

/**
 * Schedules the poll cycles of one database and its queries on a fixed time grid. The next poll of a query is its
 * previous planned time plus its interval; missed points are skipped. A timer restarted after each poll would drift
 * relative to the scrapes and distort `rate()`. All times are in milliseconds of one clock.
 */
export class Schedule {
  readonly #planned = new Map<string, Planned>()
  #cycleMs: number
  #nextCycle: number

  constructor(start: number, cycleIntervalSeconds: number) {
    this.#nextCycle = start
    this.#cycleMs = cycleIntervalSeconds * 1000
  }

  /** The planned time of the next poll cycle. */
  get nextCycle(): number {
    return this.#nextCycle
  }

  /** Sets the interval of the cycles after the next one. */
  setCycleInterval(seconds: number): void {
    this.#cycleMs = seconds * 1000
  }

  /** The queries whose planned time has passed. A new query is due immediately. */
  due<Query extends Timed>(queries: readonly Query[], now: number): readonly Query[] {
    return queries.filter((query) => (this.#planned.get(query.name)?.at ?? now) <= now)
  }

  /** Makes a query due immediately, or all queries. */
  forget(query?: string): void {
    if (query === undefined) this.#planned.clear()
    else this.#planned.delete(query)
  }

  /** Plans the next poll of a query that has been polled. A query that was not polled remains due. */
  polled(query: Timed, now: number): void {
    const intervalMs = query.intervalSeconds * 1000
    const at = nextOnGrid(this.#planned.get(query.name)?.at ?? this.#nextCycle, intervalMs, now)
    this.#planned.set(query.name, { at, intervalMs })
  }

  /**
   * Moves the grid: a cycle is due at `next` and at every interval after it. Planned polls move to the next point of
   * the grid. A query that is due remains due: an earlier cycle, for example after a failure, must poll it.
   */
  moveGrid(next: number, cycleIntervalSeconds: number, now: number): void {
    this.setCycleInterval(cycleIntervalSeconds)
    this.#nextCycle = next
    const last = next + Math.min(0, Math.floor((now - next) / this.#cycleMs)) * this.#cycleMs
    const onGrid = (time: number) => next + Math.max(0, Math.ceil((time - next) / this.#cycleMs)) * this.#cycleMs
    this.#moveAll((time) => (time <= now ? last : onGrid(time)))
  }

  /** Plans polls earlier if their intervals have become shorter: one new interval after the last poll, or at the next point after that. */
  limitWaits(queries: readonly Timed[], now: number): void {
    for (const { name, intervalSeconds } of queries) {
      const planned = this.#planned.get(name)
      const intervalMs = intervalSeconds * 1000
      if (planned === undefined || intervalMs >= planned.intervalMs) continue
      const at = Math.min(planned.at, nextOnGrid(planned.at - planned.intervalMs, intervalMs, now))
      this.#planned.set(name, { at, intervalMs })
      this.#nextCycle = Math.min(this.#nextCycle, at)
    }
  }

  /** Plans the next cycle after one has ended: when a query is due, or when the cycle interval has passed. */
  cycleEnded(now: number, queries: readonly Timed[], backOffSeconds = 0): void {
    const own = nextOnGrid(this.#nextCycle, this.#cycleMs, now + backOffSeconds * 1000)
    const planned = queries.flatMap((query) => this.#planned.get(query.name)?.at ?? []).filter((time) => time > now)
    this.#nextCycle = backOffSeconds > 0 ? own : Math.min(own, ...planned)
  }

  /**
   * Moves all planned times to a grid of `stepMs`: to its next point, or to the previous one if that is close. If scrapes
   * follow at `scrapeAt` and every `stepMs`, each point precedes one of them by the lead `leadMs`, or by slightly more. A
   * grid within that tolerance does not move, so that the intervals between polls remain equal.
   */
  align(stepMs: number, scrapeAt?: number, leadMs = 0): void {
    const tolerance = Math.min(toleranceMs, stepMs / 10)
    const lead = modulo((scrapeAt ?? this.#nextCycle) - this.#nextCycle, stepMs)
    const isAligned = scrapeAt === undefined || (lead >= leadMs && lead <= leadMs + tolerance)
    const point = isAligned ? this.#nextCycle : scrapeAt - leadMs - tolerance / 2
    const onGrid = (time: number, intervalMs: number) => {
      const close = Math.min(stepMs, intervalMs) / 10
      return point + Math.ceil((time - close - point) / stepMs) * stepMs
    }
    this.#nextCycle = onGrid(this.#nextCycle, stepMs)
    this.#moveAll(onGrid)
  }

  #moveAll(move: (time: number, intervalMs: number) => number): void {
    for (const [name, { at, intervalMs }] of this.#planned) this.#planned.set(name, { at: move(at, intervalMs), intervalMs })
  }
}

/** The tolerance of an aligned grid. Within it, samples are slightly older, but the grid moves rarely. */
const toleranceMs = 300

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
