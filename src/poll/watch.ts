import type { Query } from '../query/query.ts'
import { createBudget } from '../server/budget.ts'
import type { Identity } from '../server/facts.ts'
import type { Database, Server } from '../server/server.ts'
import { Choices } from './choices.ts'
import type { Choice } from './choose.ts'
import type { DatabaseState } from './database-state.ts'
import type { Records } from './record.ts'
import { Round } from './round.ts'
import { Tops } from './tops.ts'
import { Visitor } from './visitor.ts'

export interface WatchOptions extends Records {
  readonly queries: readonly Query[]
  readonly standStillSeconds: () => number
  readonly sessionMaxAgeSeconds: number
  /** Hears of the end of each visit. */
  readonly visited: () => void
}

/** Watches one server: visits each of its databases on that database's own clock. */
export class Watch {
  readonly #options: WatchOptions
  readonly #choices: Choices
  readonly #budget = createBudget(1)
  readonly #tops: Tops
  readonly #rounds = new Map<string, Round>()
  #queries: readonly Query[]
  #server: Server
  #isRunning = false
  #isStopped = false

  constructor(server: Server, options: WatchOptions) {
    this.#server = server
    this.#options = options
    this.#queries = options.queries
    this.#choices = new Choices(server.name, options)
    this.#tops = new Tops({ databases: () => this.#rounds.size, standStillSeconds: options.standStillSeconds })
    this.#visitThese()
  }

  get server(): Server {
    return this.#server
  }

  get states(): readonly DatabaseState[] {
    return [...this.#rounds.values()].map(({ state }) => state)
  }

  /** Who answers now, as far as the roles may know. */
  get identities(): readonly Identity[] {
    return this.states.flatMap(({ isUp, identity }) => (isUp && identity !== undefined ? [identity] : []))
  }

  get choices(): readonly Choice[] {
    return this.#choices.all
  }

  /** Whether every chosen query has once been tried. */
  get isReady(): boolean {
    return this.#choices.isReady
  }

  get openSessions(): number {
    return [...this.#rounds.values()].filter(({ hasSession }) => hasSession).length
  }

  /** Visits every database now and from then on. */
  async start(): Promise<void> {
    // Where the server-wide queries run depends on what every role may see; but nobody waits long for a slow database.
    await Promise.race([this.#meetAll(), new Promise((resolve) => setTimeout(resolve, 500))])
    this.#isRunning = !this.#isStopped
    if (this.#isRunning) for (const round of this.#rounds.values()) round.run()
  }

  /** Visits every database once. */
  async visitOnce(): Promise<void> {
    await this.#meetAll()
    await Promise.all([...this.#rounds.values()].map((round) => round.visit()))
  }

  /**
   * Goes on with another description of the same server. Databases that did not change are not disturbed; one
   * that is reached in another way gets a new session at its next visit; one that is gone ends with its series.
   */
  update(server: Server, queries: readonly Query[]): void {
    this.#server = server
    this.#queries = queries
    this.#visitThese()
  }

  /** Tries at once what was refused for its credential, all of it or where that stands in one of these files. */
  retryCredentials(files: readonly string[] | undefined): void {
    for (const round of this.#rounds.values()) round.retryCredential(files)
  }

  /** Prometheus has scraped: visits that fall into that moment move away from it. */
  scraped(now: number): void {
    for (const round of this.#rounds.values()) round.scraped(now)
  }

  /** Ends all visits and sessions; a query that is running gets two seconds to end by itself. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all([...this.#rounds.values()].map(endGently))
  }

  async #meetAll(): Promise<void> {
    await Promise.all([...this.#rounds.values()].map((round) => round.meet()))
  }

  /** Begins, changes and ends rounds, so that there is one for each database. */
  #visitThese(): void {
    const { databases, maxSessions } = this.#server
    const names = new Set(databases.map(({ name }) => name))
    for (const [name, round] of this.#rounds) if (!names.has(name)) this.#end(name, round)
    this.#budget.resize(maxSessions)
    const before = [...this.#rounds]
    // The order of the configuration decides between equals.
    this.#rounds.clear()
    for (const database of databases) {
      const [, known] = before.find(([name]) => name === database.name) ?? []
      const round = known ?? this.#begin(database)
      this.#rounds.set(database.name, round)
      if (known !== undefined) known.update(database)
      else if (this.#isRunning) round.run()
    }
    this.#choose()
  }

  #begin(database: Database): Round {
    const options = this.#options
    const visitor = new Visitor({
      ...options,
      server: this.#server.name,
      database,
      acquire: () => this.#budget.acquire(),
      keepsSession: () => this.#rounds.size <= this.#server.maxSessions,
      tops: this.#tops
    })
    return new Round({
      visitor,
      visitIntervalSeconds: Math.min(15, ...this.#queries.map((query) => query.intervalSeconds)),
      queries: () => {
        this.#choose()
        return this.#choices.of(database.name)
      },
      polled: () => {},
      visited: () => {
        this.#choices.describe(this.states)
        options.visited()
      }
    })
  }

  #end(name: string, round: Round): void {
    const { meter } = this.#options
    this.#rounds.delete(name)
    this.#tops.forget(name)
    void endGently(round).then(async () => {
      // A poll may have ended since.
      this.#choices.tidy()
      if (!this.#rounds.has(name)) await meter.forget({ server: this.#server.name, datname: name })
    })
  }

  #choose(): void {
    this.#choices.make(this.#queries, this.states)
  }
}

/** A query that is running gets two seconds to end by itself. */
async function endGently(round: Round): Promise<void> {
  await Promise.race([round.stop(), new Promise((resolve) => setTimeout(resolve, 2000).unref())])
  await round.end()
}
