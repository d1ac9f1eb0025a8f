import type { Query } from '../query/query.ts'
import { createBudget } from '../server/budget.ts'
import type { Disk } from '../server/disk.ts'
import type { ErrorClass } from '../server/error-class.ts'
import type { Identity } from '../server/facts.ts'
import type { Server } from '../server/server.ts'
import { diskOf } from './capacity.ts'
import { type Choice, chooseQueries } from './choose.ts'
import { describeChoices } from './describe.ts'
import { placeOf, type Records } from './record.ts'
import { Schedule } from './schedule.ts'
import type { Place } from './snapshots.ts'
import { Tops } from './tops.ts'
import { type DatabaseState, Visitor } from './visitor.ts'

export interface WatchOptions extends Records {
  readonly queries: readonly Query[]
  readonly standStillSeconds: () => number
  readonly sessionMaxAgeSeconds?: number
  /** Hears of the end of each visit. */
  readonly visited?: () => void
}

/** One visited database: who visits and when. */
interface Round {
  readonly visitor: Visitor
  readonly schedule: Schedule
  lastVisit: { readonly from: number; readonly to: number }
  timer?: NodeJS.Timeout
  visiting?: Promise<void>
}

/** Watches one server: visits each of its databases on that database's own clock. */
export class Watch {
  readonly server: Server
  /** The file system of the server's data, where it is on this machine. */
  readonly disk: Disk | undefined
  readonly #options: WatchOptions
  readonly #rounds: readonly Round[]
  #choices: readonly Choice[] = []
  #described = ''
  #isStopped = false
  #isReady = false

  constructor(server: Server, options: WatchOptions) {
    this.server = server
    this.#options = options
    const { maxSessions } = server
    const { sessionMaxAgeSeconds = 1800 } = options
    const shortest = Math.min(15, ...options.queries.map((query) => query.intervalSeconds))
    const budget = createBudget(maxSessions)
    const tops = new Tops({ databases: server.databases.length, standStillSeconds: options.standStillSeconds })
    const keepsSession = server.databases.length <= maxSessions
    this.#rounds = server.databases.map((database) => ({
      visitor: new Visitor({ ...options, server: server.name, database, budget, tops, keepsSession, sessionMaxAgeSeconds }),
      schedule: new Schedule(performance.now(), shortest),
      lastVisit: { from: 0, to: 0 }
    }))
    this.disk = diskOf(server, options.log)
    this.#choose()
  }

  get states(): readonly DatabaseState[] {
    return this.#rounds.map(({ visitor }) => visitor.state)
  }

  /** Who answers now, as far as the roles may know. */
  get identities(): readonly Identity[] {
    return this.states.flatMap(({ isUp, identity }) => (isUp && identity !== undefined ? [identity] : []))
  }

  get choices(): readonly Choice[] {
    return this.#choices
  }

  /** Whether every chosen query has once been tried; one that can be asked only later does not take it back. */
  get isReady(): boolean {
    const { snapshots } = this.#options
    this.#isReady ||= this.#places().every((place) => snapshots.get(place) !== undefined)
    return this.#isReady
  }

  get openSessions(): number {
    return this.#rounds.filter(({ visitor }) => visitor.hasSession).length
  }

  /** Visits every database now and from then on. */
  async start(): Promise<void> {
    this.disk?.start()
    // Where the server-wide queries run depends on what every role may see; but nobody waits long for a slow database.
    await Promise.race([this.#meetAll(), new Promise((resolve) => setTimeout(resolve, 500))])
    if (!this.#isStopped) for (const round of this.#rounds) this.#run(round)
  }

  /** Visits every database once. */
  async visitOnce(): Promise<void> {
    await Promise.all([this.#meetAll(), this.disk?.measure()])
    await Promise.all(this.#rounds.map((round) => this.#visit(round)))
  }

  /** Prometheus has scraped: visits that fall into that moment move away from it. */
  scraped(now: number): void {
    for (const round of this.#rounds) {
      // A visit that is under way plans the next one itself, when it ends.
      if (!this.#isStopped && round.schedule.scraped(now, round.lastVisit) && round.timer !== undefined) this.#arm(round)
    }
  }

  /** Ends all visits and sessions; a query that is running gets two seconds to end by itself. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.disk?.stop()
    for (const { timer, visitor } of this.#rounds) {
      clearTimeout(timer)
      visitor.close()
    }
    const visits = Promise.all(this.#rounds.map(({ visiting }) => visiting))
    await Promise.race([visits, new Promise((resolve) => setTimeout(resolve, 2000).unref())])
    await Promise.all(this.#rounds.map(({ visitor }) => visitor.end()))
  }

  async #meetAll(): Promise<void> {
    await Promise.all(this.#rounds.map(({ visitor }) => visitor.meet()))
  }

  #run(round: Round): void {
    delete round.timer
    round.visiting = this.#visit(round).then(() => {
      if (!this.#isStopped) this.#arm(round)
    })
  }

  #arm(round: Round): void {
    clearTimeout(round.timer)
    round.timer = setTimeout(() => this.#run(round), Math.max(0, round.schedule.nextVisit - performance.now())).unref()
  }

  async #visit(round: Round): Promise<void> {
    const { visitor, schedule } = round
    const from = performance.now()
    await visitor.visit(
      () => {
        this.#choose()
        const due = schedule.due(this.#queriesOf(visitor.state.name), performance.now())
        return [...due].sort((left, right) => left.intervalSeconds - right.intervalSeconds)
      },
      (query) => schedule.polled(query, performance.now())
    )
    const to = performance.now()
    round.lastVisit = { from, to }
    schedule.visited(to, this.#queriesOf(visitor.state.name), backOffSeconds(visitor.state))
    this.#options.visited?.()
  }

  #queriesOf(database: string): readonly Query[] {
    return this.#choices.filter((choice) => choice.database === database && choice.skipped === undefined).map((choice) => choice.query)
  }

  /** Where the snapshots of the chosen queries stand. */
  #places(): readonly Place[] {
    const running = this.#choices.filter((choice) => choice.skipped === undefined)
    return running.map(({ query, database }) => placeOf(query, this.server.name, database))
  }

  /** Chooses anew, forgets what no longer runs, and says so in one log line when it differs from the last time. */
  #choose(): void {
    const { queries, snapshots, log } = this.#options
    const server = this.server.name
    this.#choices = chooseQueries(queries, this.states)
    snapshots.keepOnly(server, this.#places())
    const described = describeChoices(server, this.#choices)
    if (described === this.#described || this.states.some((state) => state.failures === 0 && !state.isUp)) return
    this.#described = described
    log.info(described)
  }
}

const slowRetry: readonly ErrorClass[] = ['auth', 'too_many_connections', 'no_database']

/**
 * A server that is down is tried at every interval, so that the page is right within one. A wrong password or
 * a full server is tried ever more rarely, up to five minutes: neither must get worse by our asking.
 */
function backOffSeconds({ failure, failures }: DatabaseState): number {
  if (failure === undefined || !slowRetry.includes(failure.errorClass)) return 0
  return Math.min(300, 15 * 2 ** (failures - 1)) - 1
}
