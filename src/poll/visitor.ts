import type { Query } from '../query/query.ts'
import type { Budget } from '../server/budget.ts'
import { type Facts, type Identity, readFacts, readIdentity } from '../server/facts.ts'
import type { Database } from '../server/server.ts'
import { openSession, type Session } from '../server/session.ts'
import { declare } from './declare.ts'
import { poll } from './poll.ts'
import { countFailure, placeOf, type Records, record } from './record.ts'
import type { Failure } from './snapshots.ts'
import type { Tops } from './tops.ts'

/** What the last visit found. Never changed, only replaced. */
export interface DatabaseState {
  readonly name: string
  readonly isUp: boolean
  /** The last facts and identity, kept while the database is down. */
  readonly facts: Facts | undefined
  readonly identity: Identity | undefined
  /** Why the last visit could not begin; undefined when it could. */
  readonly failure: Failure | undefined
  /** How many visits in a row could not begin. */
  readonly failures: number
}

export interface VisitorOptions extends Records {
  readonly server: string
  readonly database: Database
  readonly budget: Budget
  /** Whether a session is kept between visits, and for how long at most. */
  readonly keepsSession: boolean
  readonly sessionMaxAgeSeconds: number
  readonly tops: Tops
}

/** How long a visit may have lasted when a query slower than that is begun. */
const longestVisitSeconds = 15

/** Visits one database: holds its session, learns its facts, polls its queries one after the other. */
export class Visitor {
  readonly #options: VisitorOptions
  #state: DatabaseState
  #session: Session | undefined
  #visiting: Promise<void> = Promise.resolve()
  #isClosing = false

  constructor(options: VisitorOptions) {
    this.#options = options
    this.#state = { name: options.database.name, isUp: false, facts: undefined, identity: undefined, failure: undefined, failures: 0 }
  }

  get state(): DatabaseState {
    return this.#state
  }

  get hasSession(): boolean {
    return this.#session?.isOpen() ?? false
  }

  /**
   * Makes one visit and never throws. `due` is asked once the state is known, since what may be run depends
   * on it; `polled` hears of each query that was really asked. One visit at a time: the next one waits.
   */
  visit(due: () => readonly Query[], polled: (query: Query) => void): Promise<void> {
    this.#visiting = this.#visiting.then(() => this.#visit(due, polled))
    return this.#visiting
  }

  /** A visit that only learns whether the database answers and what its role may do. */
  meet(): Promise<void> {
    return this.visit(
      () => [],
      () => {}
    )
  }

  async #visit(due: () => readonly Query[], polled: (query: Query) => void): Promise<void> {
    const release = await this.#options.budget.acquire()
    const from = performance.now()
    try {
      if (!this.#isClosing) await this.#meet()
      for (const query of due()) {
        // Behind slow gauges the counters of the next visit would grow stale; what is left out stays due.
        const isLate = performance.now() - from > longestVisitSeconds * 1000 && query.intervalSeconds > longestVisitSeconds
        if (this.#isClosing) return
        if (!isLate && (await this.#ask(query))) polled(query)
      }
    } finally {
      const age = performance.now() - (this.#session?.openedAt ?? 0)
      if (this.#isClosing || !this.#options.keepsSession || age > this.#options.sessionMaxAgeSeconds * 1000) await this.#leave()
      release()
    }
  }

  /** Lets no further query begin. */
  close(): void {
    this.#isClosing = true
  }

  /** Ends the session, and whatever it still runs. */
  async #leave(): Promise<void> {
    await this.#session?.close()
    this.#session = undefined
  }

  async end(): Promise<void> {
    this.close()
    await this.#leave()
  }

  /** Opens the session if there is none, and learns what can have changed since the last visit. */
  async #meet(): Promise<void> {
    const { server, database, meter } = this.#options
    try {
      if (!this.hasSession) {
        this.#session = await openSession(database.connection)
        meter.connected({ server, datname: database.name })
        const identity = await readIdentity(this.#session)
        this.#state = { ...this.#state, identity }
      }
      if (this.#session === undefined) return
      const facts = await readFacts(this.#session)
      if (!this.#state.isUp) this.#options.log.info({ server, database: database.name, role: facts.role }, 'database answers')
      this.#state = { ...this.#state, isUp: true, facts, failure: undefined, failures: 0 }
    } catch (error) {
      await this.#leave()
      this.#isDown(error)
    }
  }

  #isDown(error: unknown): void {
    const { server, database, meter, log } = this.#options
    const failure = countFailure(error, server, database.name, meter)
    if (this.#state.failure?.errorClass !== failure.errorClass) {
      log.error({ server, database: database.name, class: failure.errorClass }, `database cannot be visited: ${failure.message}`)
    }
    this.#state = { ...this.#state, isUp: false, failure, failures: this.#state.failures + 1 }
  }

  /** Answers whether the query was asked; without a session it fails for the session's reason. */
  async #ask(query: Query): Promise<boolean> {
    const { server, database, snapshots, tops } = this.#options
    const session = this.#session
    const { facts, failure } = this.#state
    const place = placeOf(query, server, database.name)
    if (session === undefined || !session.isOpen() || facts === undefined) {
      const lost: Failure = { errorClass: 'network', message: 'the connection was lost in the same visit' }
      snapshots.fail(place, query.intervalSeconds, 0, failure ?? lost)
      return false
    }
    const labels = query.scope === 'database' ? { server, datname: database.name } : { server }
    const memory = tops.of(query, place.datname, labels, this.#epoch(session))
    await record(query, server, database.name, this.#options, () => poll(declare(query, database), session, facts, labels, memory))
    return true
  }

  /** Changes when another running server answers, or with other rights; without a known identity with every session. */
  #epoch({ openedAt }: Session): string {
    const { identity, facts } = this.#state
    const server = identity === undefined ? openedAt : `${identity.systemIdentifier} ${identity.startTime}`
    return `${server} ${[...(facts?.capabilities ?? [])].join(' ')}`
  }
}
