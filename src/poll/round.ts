import type { Query } from '../query/query.ts'
import type { Database } from '../server/server.ts'
import { backOffSeconds } from './back-off.ts'
import type { DatabaseState } from './database-state.ts'
import { Schedule } from './schedule.ts'
import type { Visitor } from './visitor.ts'

export interface RoundOptions {
  readonly visitor: Visitor
  readonly visitIntervalSeconds: number
  /** The queries that run in the database now. */
  readonly queries: () => readonly Query[]
  readonly polled: (query: Query) => void
  /** Hears of the end of each visit. */
  readonly visited: () => void
}

/** The visits to one database, each on that database's own clock. */
export class Round {
  readonly #options: RoundOptions
  readonly #schedule: Schedule
  #lastVisit = { from: 0, to: 0 }
  #timer: NodeJS.Timeout | undefined
  #visiting: Promise<void> | undefined
  #isHurried = false
  #isStopped = false

  constructor(options: RoundOptions) {
    this.#options = options
    this.#schedule = new Schedule(performance.now(), options.visitIntervalSeconds)
  }

  get state(): DatabaseState {
    return this.#options.visitor.state
  }

  get hasSession(): boolean {
    return this.#options.visitor.hasSession
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
    const { visitor, queries, polled, visited } = this.#options
    const from = performance.now()
    await visitor.visit(
      () => {
        const due = this.#schedule.due(queries(), performance.now())
        return [...due].sort((left, right) => left.intervalSeconds - right.intervalSeconds)
      },
      (query) => {
        this.#schedule.polled(query, performance.now())
        polled(query)
      }
    )
    const to = performance.now()
    this.#lastVisit = { from, to }
    this.#schedule.visited(to, queries(), backOffSeconds(visitor.state))
    visited()
  }

  /** The database may be reached in another way now; when it was down it is tried at once. */
  update(database: Database): void {
    if (this.#options.visitor.update(database)) this.hurry()
  }

  /** Tries at once a database that was refused for its credential, if that stands in one of these files. */
  retryCredential(files: readonly string[] | undefined): void {
    const { state, passwordFile } = this.#options.visitor
    const isConcerned = files === undefined || (passwordFile !== undefined && files.includes(passwordFile))
    if (state.failure?.errorClass === 'auth' && isConcerned) this.hurry()
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
    if (this.#timer !== undefined && this.#schedule.scraped(now, this.#lastVisit)) this.#arm()
  }

  /** Begins nothing more; answers when the visit that is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#options.visitor.close()
    await this.#visiting
  }

  /** Ends the session, and whatever it still runs. */
  end(): Promise<void> {
    return this.#options.visitor.end()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    this.#timer = setTimeout(() => this.run(), Math.max(0, this.#schedule.nextVisit - performance.now())).unref()
  }
}
