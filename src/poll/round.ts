import type { Query } from '../query/query.ts'
import type { ErrorClass } from '../server/error-class.ts'
import type { Database } from '../server/server.ts'
import { backOffSeconds } from './back-off.ts'
import type { DatabaseState } from './database-state.ts'
import { stretch } from './pace.ts'
import { nextOnGrid, Schedule } from './schedule.ts'
import type { Visitor } from './visitor.ts'

export interface RoundOptions {
  readonly visitor: Visitor
  /** How often the database is visited while nothing asks for less. */
  readonly visitIntervalSeconds: number
  /** Where in the interval its visits lie, from 0 to 1, so that those of many databases are spread. */
  readonly phase: number
  /** The queries that run in the database now. */
  readonly queries: () => readonly Query[]
  readonly polled: (query: Query) => void
  /** How long the next visit waits where the last one took what others need. */
  readonly waitSeconds: () => number
  /** Hears of the end of each visit. */
  readonly visited: () => void
}

/** How often a database is visited. */
export interface Pace {
  readonly intervalSeconds: number
  /** Whether each visit opens a session of its own, at a time of its own. */
  readonly isSpread: boolean
}

/** The visits to one database, each on that database's own clock. */
export class Round {
  readonly #options: RoundOptions
  readonly #schedule: Schedule
  #lastVisit = { from: 0, to: 0 }
  #pace: Pace
  #timer: NodeJS.Timeout | undefined
  #visiting: Promise<void> | undefined
  #isHurried = false
  #isStopped = false

  constructor(options: RoundOptions) {
    this.#options = options
    this.#pace = { isSpread: false, intervalSeconds: options.visitIntervalSeconds }
    this.#schedule = new Schedule(performance.now(), options.visitIntervalSeconds)
  }

  get state(): DatabaseState {
    return this.#options.visitor.state
  }

  get name(): string {
    return this.state.name
  }

  get hasSession(): boolean {
    return this.#options.visitor.hasSession
  }

  /** The interval at which database-wide queries are asked at most. */
  get intervalSeconds(): number {
    return this.#pace.intervalSeconds
  }

  get perVisitSeconds(): number {
    return this.#options.visitor.perVisitSeconds
  }

  /** The queries that run in the database, those that are asked in every database at its own pace. */
  queries(): readonly Query[] {
    const { intervalSeconds, isSpread } = this.#pace
    const isStretched = isSpread || intervalSeconds > this.#options.visitIntervalSeconds
    return this.#options.queries().map((query) => {
      if (query.scope === 'server' || !isStretched) return query
      return { ...query, intervalSeconds: stretch(query.intervalSeconds, intervalSeconds) }
    })
  }

  /** Visits the database at another pace from now on; answers whether it is another. */
  setPace(pace: Pace): boolean {
    const isOther = pace.isSpread !== this.#pace.isSpread || pace.intervalSeconds !== this.#pace.intervalSeconds
    const wasSpread = this.#pace.isSpread
    this.#pace = pace
    if (isOther && (pace.isSpread || wasSpread)) this.#layGrid()
    if (isOther) this.hasten()
    return isOther
  }

  #layGrid(): void {
    const { isSpread, intervalSeconds } = this.#pace
    const { visitIntervalSeconds, phase } = this.#options
    const interval = isSpread ? intervalSeconds : visitIntervalSeconds
    const now = performance.now()
    const next = isSpread ? nextOnGrid(phase * interval * 1000, interval * 1000, now) : now
    // A visit that is under way, or the very first, plans the next one at its end.
    if (this.#timer === undefined) {
      this.#schedule.retime(next - interval * 1000, interval)
    } else {
      this.#schedule.retime(Math.min(next, Math.max(now, this.#lastVisit.from + interval * 1000)), interval)
      this.#arm()
    }
  }

  /** Only learns whether the database answers; the visit that follows does not ask again. */
  meet(): Promise<void> {
    return this.#options.visitor.meet()
  }

  /** Visits the database now and from then on. */
  run(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isHurried = false
    this.#visiting = this.visit().then(() => {
      this.#visiting = undefined
      if (this.#isHurried) this.run()
      else this.#arm()
    })
  }

  /** Makes one visit. */
  async visit(): Promise<void> {
    const { visitor, polled, waitSeconds, visited } = this.#options
    const from = performance.now()
    await visitor.visit(
      () => {
        const due = this.#schedule.due(this.queries(), performance.now())
        return [...due].sort((left, right) => left.intervalSeconds - right.intervalSeconds)
      },
      (query) => {
        this.#schedule.polled(query, performance.now())
        polled(query)
      }
    )
    const to = performance.now()
    this.#lastVisit = { from, to }
    // The pace may be another one now, and the next visit is planned by it.
    visited()
    this.#schedule.visited(to, this.queries(), Math.max(backOffSeconds(visitor.state), waitSeconds()))
  }

  /** The database may be reached in another way now; when it was down it is tried at once. */
  update(database: Database): void {
    if (this.#options.visitor.update(database)) this.hurry()
  }

  /** Tries at once a database that was refused for its credential, if that stands in one of these files. */
  retryCredential(files: readonly string[] | undefined): void {
    const { passwordFile } = this.#options.visitor
    const isConcerned = files === undefined || (passwordFile !== undefined && files.includes(passwordFile))
    if (isConcerned) this.retry('auth')
  }

  /** Tries at once a database that could not be visited for this reason. */
  retry(errorClass: ErrorClass): void {
    if (this.state.failure?.errorClass === errorClass) this.hurry()
  }

  /** The queries' intervals may be others now: none waits out a longer one. */
  hasten(): void {
    this.#schedule.hasten(this.queries(), performance.now())
  }

  /** Tries at once a database that could not be visited, whatever it waits for. */
  hurry(): void {
    const { visitor } = this.#options
    if (visitor.state.failure === undefined || this.#isStopped) return
    visitor.forgive()
    if (this.#visiting !== undefined) this.#isHurried = true
    else if (this.#timer !== undefined) this.run()
  }

  /** Prometheus has scraped: a visit that falls into that moment moves away from it. */
  scraped(now: number): void {
    // Where visits are spread there is one at any time; one that is under way plans the next itself, when it ends.
    if (!this.#pace.isSpread && this.#schedule.scraped(now, this.#lastVisit) && this.#timer !== undefined) this.#arm()
  }

  /** Ends the visits and the session; a query that is running gets two seconds to end by itself. */
  async end(): Promise<void> {
    const { visitor } = this.#options
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    visitor.close()
    await Promise.race([this.#visiting, new Promise((resolve) => setTimeout(resolve, 2000).unref())])
    await visitor.end()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    this.#timer = setTimeout(() => this.run(), Math.max(0, this.#schedule.nextVisit - performance.now())).unref()
  }
}
