/** What a schedule has to know of a query. */
export interface Timed {
  readonly name: string
  readonly intervalSeconds: number
}

/**
 * When to visit one database and which of its queries are due, on a fixed grid: a query's next poll is its
 * previous planned time plus its interval, missed ones skipped. Re-arming after the work instead would drift
 * across the scrapes and bend `rate()`. All times are milliseconds of `performance.now()`.
 */
export class Schedule {
  readonly #planned = new Map<string, number>()
  #visitIntervalMs: number
  #nextVisit: number
  #shiftedAt = Number.NEGATIVE_INFINITY

  constructor(start: number, visitIntervalSeconds: number) {
    this.#nextVisit = start
    this.#visitIntervalMs = visitIntervalSeconds * 1000
  }

  /** When the next visit is planned. */
  get nextVisit(): number {
    return this.#nextVisit
  }

  /** The queries whose planned time has come; one that is new is due at once. */
  due<Query extends Timed>(queries: readonly Query[], now: number): readonly Query[] {
    return queries.filter((query) => (this.#planned.get(query.name) ?? now) <= now)
  }

  /** A query has been polled: plans it again. One that could not be asked is left due. */
  polled(query: Timed, now: number): void {
    this.#planned.set(query.name, nextOnGrid(this.#planned.get(query.name) ?? this.#nextVisit, query.intervalSeconds * 1000, now))
  }

  /** Lays the grid anew: a visit at `next` and then every interval, with the queries' plans on it. */
  retime(next: number, visitIntervalSeconds: number): void {
    this.#visitIntervalMs = visitIntervalSeconds * 1000
    this.#nextVisit = next
    const onGrid = (time: number) => next + Math.max(0, Math.ceil((time - next) / this.#visitIntervalMs)) * this.#visitIntervalMs
    for (const [name, time] of this.#planned) this.#planned.set(name, onGrid(time))
  }

  /** The intervals may be others now: no query waits longer than its own. */
  hasten(queries: readonly Timed[], now: number): void {
    for (const { name, intervalSeconds } of queries) {
      const time = this.#planned.get(name) ?? now
      const intervals = Math.floor((time - now) / 1000 / intervalSeconds)
      if (intervals > 0) this.#planned.set(name, time - intervals * intervalSeconds * 1000)
    }
  }

  /** A visit has ended: plans the next, where a query is due or the visits' own interval has passed. */
  visited(now: number, queries: readonly Timed[], backOffSeconds = 0): void {
    const own = nextOnGrid(this.#nextVisit, this.#visitIntervalMs, now + backOffSeconds * 1000)
    const planned = queries.flatMap((query) => this.#planned.get(query.name) ?? []).filter((time) => time > now)
    this.#nextVisit = backOffSeconds > 0 ? own : Math.min(own, ...planned)
  }

  /**
   * A scrape came: when it falls within a second of a visit, it would now see the poll before and now the one
   * after, so the grid moves by a third of the interval. At most once in twenty intervals, since with many
   * scrapers no place on the grid is free. Answers whether it moved.
   */
  scraped(now: number, visit: { readonly from: number; readonly to: number }): boolean {
    const isClose = (now > visit.from - nearMs && now < visit.to + nearMs) || this.#nextVisit - now < nearMs
    const mayMove = this.#visitIntervalMs > 6 * nearMs && now - this.#shiftedAt > 20 * this.#visitIntervalMs
    if (!isClose || !mayMove) return false
    this.#shiftedAt = now
    const third = this.#visitIntervalMs / 3
    this.#nextVisit += third
    for (const [name, time] of this.#planned) this.#planned.set(name, time + third)
    return true
  }
}

const nearMs = 1000

/** The first point of the grid `planned + n × interval` (n ≥ 1) that lies after `now`. */
export function nextOnGrid(planned: number, intervalMs: number, now: number): number {
  return planned + Math.max(1, Math.floor((now - planned) / intervalMs) + 1) * intervalMs
}
