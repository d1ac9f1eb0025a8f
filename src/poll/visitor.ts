import { isDeepStrictEqual } from 'node:util'
import type { Query } from '../query/query.ts'
import { readFacts, readIdentity } from '../server/facts.ts'
import type { Database } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import { type Credentials, TakenOver } from './credentials.ts'
import { type DatabaseState, refused, unvisited } from './database-state.ts'
import { declare } from './declare.ts'
import { epochOf } from './epoch.ts'
import { HeldSession } from './held-session.ts'
import { connectSeconds } from './pace.ts'
import { poll } from './poll.ts'
import { countFailure, placeOf, type Records, record } from './record.ts'
import type { Bounds } from './rendered.ts'
import type { Failure, Place } from './snapshots.ts'
import type { Tops } from './tops.ts'

export interface VisitorOptions extends Records {
  readonly server: string
  readonly database: Database
  /** Waits until a session of this role may be open; the function that comes back tells of its end. */
  readonly acquire: (user: string) => Promise<() => void>
  readonly credentials: Credentials
  /** Whether no session may be open now. */
  readonly isRefused: () => boolean
  /** What is to be done in each visit before queries are asked; without a session when the visit could not begin. */
  readonly met: (database: Database, session: Session | undefined, isNew: boolean) => Promise<void>
  /** What of an answer is kept. */
  readonly bounds: (place: Place) => Bounds
  /** Whether the session is kept between visits, and for how long at most. */
  readonly keepsSession: () => boolean
  readonly sessionMaxAgeSeconds: number
  readonly tops: Tops
}

/** How long a visit may have lasted when a query slower than that is begun. */
const longestVisitSeconds = 15

/** Visits one database: holds its session, learns its facts, polls its queries one after the other. */
export class Visitor {
  readonly #options: VisitorOptions
  readonly #held: HeldSession
  #state: DatabaseState
  #visiting: Promise<void> = Promise.resolve()
  /** What coming and going of the last visit cost the server. */
  perVisitSeconds = 0
  #hasMet = false
  #isClosing = false

  constructor(options: VisitorOptions) {
    const { name, access } = options.database
    this.#options = options
    this.#held = new HeldSession(options.database, options.acquire, options.credentials)
    this.#state = { ...unvisited, name, declaresAccess: access.size > 0 }
  }

  get state(): DatabaseState {
    return this.#state
  }

  get hasSession(): boolean {
    return this.#held.session !== undefined
  }

  /**
   * Makes one visit and never throws. `due` is asked once the state is known, since what may be run depends
   * on it; `polled` hears of each query that was really asked. One visit at a time: the next one waits.
   */
  visit(due: () => readonly Query[], polled: (query: Query) => void): Promise<void> {
    this.#visiting = this.#visiting.then(() => this.#visit(due, polled))
    return this.#visiting
  }

  /** A visit that only learns whether the database answers and what its role may do; the next one begins with that. */
  async meet(): Promise<void> {
    await this.visit(
      () => [],
      () => {}
    )
    this.#hasMet = true
  }

  /** The database may be reached in another way now: then the next visit opens a new session. Answers whether it is so. */
  update(database: Database): boolean {
    this.#state = { ...this.#state, declaresAccess: database.access.size > 0 }
    return this.#held.update(database)
  }

  /** The file that the password is read from, if it is. */
  get passwordFile(): string | undefined {
    return this.#held.passwordFile
  }

  /** Forgets how often the database could not be visited. */
  forgive(): void {
    this.#state = { ...this.#state, failures: 0 }
  }

  async #visit(due: () => readonly Query[], polled: (query: Query) => void): Promise<void> {
    if (!this.#options.isRefused()) await this.#held.takePlace()
    // It may have become so while the visit waited.
    const isRefused = this.#options.isRefused()
    if (isRefused) await this.#refuse()
    const from = performance.now()
    try {
      if (!this.#isClosing && !isRefused) await this.#meet()
      for (const query of due()) {
        // Behind slow gauges the counters of the next visit would grow stale; what is left out stays due.
        const isLate = performance.now() - from > longestVisitSeconds * 1000 && query.intervalSeconds > longestVisitSeconds
        if (this.#isClosing) return
        if (!isLate && (await this.#ask(query))) polled(query)
      }
    } finally {
      const isKept = !this.#isClosing && this.hasSession && this.#options.keepsSession()
      if (!isKept) await this.#held.leave()
      else if (this.#held.ageSeconds > this.#options.sessionMaxAgeSeconds) await this.#held.close()
    }
  }

  /** Lets no further query begin. */
  close(): void {
    this.#isClosing = true
  }

  /** Ends the session, and whatever it still runs. */
  async end(): Promise<void> {
    this.close()
    await this.#held.leave()
  }

  /** Opens the session if there is none, and learns what can have changed since the last visit. */
  async #meet(): Promise<void> {
    const { server, meter } = this.#options
    const { name, failure } = this.#state
    const isKnown = this.#hasMet && !this.#held.isOutdated && (this.hasSession || failure !== undefined)
    this.#hasMet = false
    if (isKnown) return
    const { database } = this.#held
    try {
      const from = performance.now()
      const { session, isNew } = await this.#held.open()
      const openedSeconds = (performance.now() - from) / 1000
      const { certificateExpiry } = session
      if (isNew) meter.connected({ server, datname: name })
      // Behind a pooler another server may answer in the same session.
      const identity = isNew || session.isPooled ? await readIdentity(session) : this.#state.identity
      this.#state = { ...this.#state, certificateExpiry, identity }
      const found = await readFacts(session)
      if (!this.#state.isUp) this.#options.log.info({ server, database: name, role: found.role }, 'database answers')
      // The same object while nothing has changed, so that nothing needs to be chosen anew.
      const facts = isDeepStrictEqual(found, this.#state.facts) ? this.#state.facts : found
      this.#state = { ...this.#state, isUp: true, facts, failure: undefined, isRefused: false, failures: 0 }
      await this.#options.met(database, session, isNew)
      // To stay costs next to nothing.
      this.perVisitSeconds = isNew ? (performance.now() - from) / 1000 + Math.max(0, connectSeconds - openedSeconds) : 0
    } catch (error) {
      await this.#held.close()
      this.#isDown(error)
      await this.#options.met(database, undefined, false)
    }
  }

  /** Without a try nothing is known of the database. */
  async #refuse(): Promise<void> {
    await this.#held.leave()
    this.#state = { ...this.#state, ...refused }
  }

  #isDown(error: unknown): void {
    const { server, meter, log } = this.#options
    const { name } = this.#state
    const isTakenOver = error instanceof TakenOver
    const failure = isTakenOver ? { errorClass: error.errorClass, message: error.message } : countFailure(error, server, name, meter)
    if (this.#state.failure?.errorClass !== failure.errorClass) {
      log.error({ server, database: name, class: failure.errorClass }, `database cannot be visited: ${failure.message}`)
    }
    this.#state = { ...this.#state, isUp: false, failure, isRefused: false, failures: this.#state.failures + 1 }
  }

  /** Answers whether the query was asked; without a session it fails for the session's reason. */
  async #ask(query: Query): Promise<boolean> {
    const { server, snapshots, tops } = this.#options
    const { session } = this.#held
    const { name, facts, failure } = this.#state
    const place = placeOf(query, server, name)
    if (session === undefined || facts === undefined) {
      const lost: Failure = { errorClass: 'network', message: 'the connection was lost in the same visit' }
      snapshots.fail(place, query.intervalSeconds, 0, failure ?? lost)
      return false
    }
    const labels = query.scope === 'database' ? { server, datname: name } : { server }
    const bounds = this.#options.bounds(place)
    const memory = tops.of(query, place.datname, labels, `${epochOf(session, this.#state)} ${bounds.visible}`)
    const declared = declare(query, this.#held.database)
    await record(query, server, name, this.#options, () => poll(declared, session, facts, labels, memory, bounds))
    return true
  }
}
