import { isDeepStrictEqual } from 'node:util'
import type { PlannedQuery } from '../plan/plan-queries.ts'
import type { Query } from '../query/query.ts'
import type { Facts, Identity } from '../server/facts.ts'
import type { Database } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import type { Connected, Found } from './found.ts'
import { CycleCosts, stretch } from './intervals.ts'
import { nextInPhase, Schedule, type Timed } from './schedule.ts'
import type { Failure } from './snapshots.ts'

/** What the last poll cycle found out about a database. Never changed, only replaced. */
export interface DatabaseState {
  readonly name: string
  readonly isUp: boolean
  /** The last facts and identity, kept while the database is down. */
  readonly facts: Facts | undefined
  readonly identity: Identity | undefined
  /** Expiry time of the server certificate seen by the last session, as a Unix timestamp; undefined without TLS. */
  readonly certificateExpiry: number | undefined
  /** Why the last poll cycle could not connect; undefined when it could. */
  readonly failure: Failure | undefined
  /** Whether no connection was tried because the server has no free ones left. */
  readonly isDeferred: boolean
  /** How many poll cycles in a row could not connect. */
  readonly failures: number
}

/** Before the first poll cycle. */
export function unpolled(name: string): DatabaseState {
  return {
    name,
    isUp: false,
    facts: undefined,
    identity: undefined,
    certificateExpiry: undefined,
    failure: undefined,
    isDeferred: false,
    failures: 0
  }
}

/** Whether a connection was tried, so that it is known whether the database is up. */
export function wasTried({ isUp, failure, isDeferred }: DatabaseState): boolean {
  return isUp || (failure !== undefined && !isDeferred)
}

const deferral: Failure = {
  errorClass: 'too_many_connections',
  message: 'not polled: the last free connections of the server are left to others'
}

/** The interval of a database's cycles, and whether each cycle opens a session at a time of its own. */
export interface CycleInterval {
  readonly seconds: number
  readonly isSpread: boolean
}

/** One poll cycle in progress. */
export interface Cycle {
  readonly name: string
  readonly startedAt: number
  /** What the cycle before has found out, so that it need not connect again. */
  readonly known: Found | undefined
}

export interface CycleInProgress extends Cycle {
  /** When its polls began, after it had waited for its permit. */
  learnedAt: number
  found: Found | undefined
  /** The planned queries that it still has to poll. */
  due: PlannedQuery[]
}

/** One database of a server between and during its poll cycles. Times are milliseconds of one clock. */
export class PolledDatabase {
  database: Database
  state: DatabaseState
  readonly schedule: Schedule
  readonly costs = new CycleCosts()
  cycle: CycleInProgress | undefined
  /** What the last cycle has found out, when it only connected; the next one need not connect again. */
  introduction: Found | undefined
  /** Whether its next cycle is due at once. */
  isHurried = false
  #session: Session | undefined
  #openedAt: number
  #sessions = 0
  #interval: CycleInterval
  /** The offset of its cycles in their interval, from 0 to 1, where cycles are spread. */
  readonly #phase: number
  #unitSeconds: number
  #lastCycle: { readonly from: number; readonly to: number } | undefined

  constructor(database: Database, unitSeconds: number, phase: number, now: number) {
    this.database = database
    this.state = unpolled(database.name)
    this.schedule = new Schedule(now, unitSeconds)
    this.#unitSeconds = unitSeconds
    this.#interval = { seconds: unitSeconds, isSpread: false }
    this.#phase = phase
    this.#openedAt = now
  }

  get name(): string {
    return this.database.name
  }

  get intervalSeconds(): number {
    return this.#interval.seconds
  }

  /** The session while it is open. */
  get session(): Session | undefined {
    return this.#session?.isOpen() ? this.#session : undefined
  }

  /** Distinguishes the sessions in which another server may have responded. */
  get sessionNumber(): number {
    return this.#sessions
  }

  /** Seconds since the session was opened. */
  sessionAgeSeconds(now: number): number {
    return (now - this.#openedAt) / 1000
  }

  connected({ session, isNew, facts, identity }: Connected, now: number): void {
    if (isNew) this.#sessions++
    if (isNew) this.#openedAt = now
    this.#session = session
    this.state = {
      name: this.name,
      isUp: true,
      // The same object while nothing has changed, so that nothing is planned again.
      facts: isDeepStrictEqual(facts, this.state.facts) ? this.state.facts : facts,
      identity: isNew || session.isPooled ? identity : this.state.identity,
      certificateExpiry: session.certificateExpiry,
      failure: undefined,
      isDeferred: false,
      failures: 0
    }
  }

  failed(failure: Failure): void {
    this.disconnected()
    this.state = { ...this.state, isUp: false, failure, isDeferred: false, failures: this.state.failures + 1 }
  }

  /** Not tried: the last free connections of the server are left to others. */
  deferred(): void {
    this.disconnected()
    this.state = { ...this.state, isUp: false, failure: deferral, isDeferred: true }
  }

  disconnected(): void {
    this.#session = undefined
  }

  /** Polls a database that could not be reached at once, whatever it waits for. */
  hurry(): void {
    if (this.state.failure === undefined) return
    this.state = { ...this.state, failures: 0 }
    this.isHurried = true
  }

  /** The effective interval of a query that runs here. */
  intervalOf({ scope, intervalSeconds }: Query): number {
    const { seconds, isSpread } = this.#interval
    const isStretched = scope === 'database' && (isSpread || seconds > this.#unitSeconds)
    return isStretched ? stretch(intervalSeconds, seconds) : intervalSeconds
  }

  /** Queries that run here with their effective intervals. */
  timed(running: readonly PlannedQuery[]): readonly Timed[] {
    return running.map(({ query }) => ({ name: query.name, intervalSeconds: this.intervalOf(query) }))
  }

  /** Changes the interval of the cycles; returns whether it is another one. */
  setInterval(interval: CycleInterval, unitSeconds: number, now: number): boolean {
    const before = this.#interval
    this.#unitSeconds = unitSeconds
    this.#interval = interval
    if (interval.seconds === before.seconds && interval.isSpread === before.isSpread) return false
    if (interval.isSpread || before.isSpread) this.#moveGrid(now)
    return true
  }

  /** A cycle has ended: plans the next one, after the back-off at the earliest. */
  cycleEnded(from: number, now: number, running: readonly PlannedQuery[], backOffSeconds: number): void {
    this.schedule.cycleEnded(now, this.timed(running), backOffSeconds)
    this.#lastCycle = { from, to: now }
  }

  /** Prometheus has scraped: cycles that coincide with scrapes move away from them. */
  scraped(now: number): void {
    // Spread cycles come at any time anyway.
    if (!this.#interval.isSpread) this.schedule.scraped(now, this.#lastCycle)
  }

  #moveGrid(now: number): void {
    const { seconds, isSpread } = this.#interval
    const interval = isSpread ? seconds : this.#unitSeconds
    const next = isSpread ? nextInPhase(this.#phase, interval * 1000, now) : now
    // A cycle in progress, or the first one, plans the next when it ends.
    if (this.cycle !== undefined || this.#lastCycle === undefined) this.schedule.moveGrid(next - interval * 1000, interval)
    else this.schedule.moveGrid(Math.min(next, Math.max(now, this.#lastCycle.from + interval * 1000)), interval)
  }
}
