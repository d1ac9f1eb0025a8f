// The state of one database. The file is long because it contains what poll cycles leave behind, the state that others
// read, and the cycle in progress, which change together.

import { isDeepStrictEqual } from 'node:util'
import type { PlannedQuery } from '../plan/plan-queries.ts'
import type { Query } from '../query/query.ts'
import type { Facts, Identity } from '../server/facts.ts'
import { noRefusals, type Refusal, type Refusals } from '../server/refusals.ts'
import type { Database } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import type { Grid } from './cycle-timing.ts'
import type { Connected, Found } from './found.ts'
import { CycleCosts, roundUp, stretch } from './intervals.ts'
import { nextInPhase, nextOnGrid, Schedule, type Timed } from './schedule.ts'
import type { Failure } from './snapshots.ts'

/** The state of a database after its last poll cycle. Immutable. */
export interface DatabaseState {
  readonly name: string
  readonly isUp: boolean
  /** The last facts and identity, kept while the database is down. */
  readonly facts: Facts | undefined
  readonly identity: Identity | undefined
  /** Expiry time of the server certificate seen by the last session, as a Unix timestamp; undefined without TLS. */
  readonly certificateExpiry: number | undefined
  /** The reason why the last poll cycle could not connect; undefined if it connected. */
  readonly failure: Failure | undefined
  /** Whether no connection was attempted because the server has too few free connections. */
  readonly isDeferred: boolean
  /** Whether it was discovered and has never accepted a connection: it is not down, and is not monitored. */
  readonly isNotPermitted: boolean
  /** The number of consecutive poll cycles that could not connect. */
  readonly failures: number
}

/** The state before the first poll cycle. */
export function unpolled(name: string): DatabaseState {
  return {
    name,
    isUp: false,
    facts: undefined,
    identity: undefined,
    certificateExpiry: undefined,
    failure: undefined,
    isDeferred: false,
    isNotPermitted: false,
    failures: 0
  }
}

/** Whether a connection was attempted. Otherwise it is unknown whether the database is up. */
export function wasTried({ isUp, failure, isDeferred, isNotPermitted }: DatabaseState): boolean {
  return isUp || (failure !== undefined && !isDeferred && !isNotPermitted)
}

/** Whether the last attempt to connect failed. */
export function isDown(state: DatabaseState): boolean {
  return wasTried(state) && !state.isUp
}

const deferral: Failure = {
  errorClass: 'too_many_connections',
  message: 'not polled: the last free connections of the server are left to others'
}

/** The interval of a database's cycles. Spread cycles open a session each, at the phase of their database. */
export interface CycleInterval {
  readonly seconds: number
  readonly isSpread: boolean
  /** The grid of polls that are not spread; undefined if queries keep their own intervals. */
  readonly grid?: Grid | undefined
}

/** The time between the end of a cycle and the scrape, in which the page is built. */
const marginMs = 250
/** The lead of cycles is based on the duration that nine tenths of the last cycles did not exceed. */
const durationsKept = 20
const usualShare = 0.9

/** One poll cycle in progress. */
export interface Cycle {
  readonly name: string
  readonly startedAt: number
  /** The result of the previous cycle, if that only connected; this cycle then does not connect again. */
  readonly known: Found | undefined
}

export interface CycleInProgress extends Cycle {
  /** The queries at its start. A reload may change them during the cycle; what was refused to them then does not count. */
  readonly queries: readonly Query[]
  /** The number of the server that responds. If another server replaces it during the cycle, the results of the cycle are dropped. */
  serverNumber: number
  /** The time at which its polls began, after it had acquired its permit. */
  learnedAt: number
  found: Found | undefined
  /** The planned queries that are still to be polled in this cycle. */
  due: PlannedQuery[]
}

/** One database of a server, between and during its poll cycles. Times are in milliseconds of one clock. */
export class PolledDatabase {
  database: Database
  state: DatabaseState
  readonly schedule: Schedule
  readonly costs = new CycleCosts()
  cycle: CycleInProgress | undefined
  /** The result of the last cycle if that only connected. The next cycle uses it instead of connecting again. */
  introduction: Found | undefined
  /** The functions and relations that the server refuses in this database. */
  refusals: Refusals = noRefusals
  /** The time at which a query that failed for another reason is checked for refusals again, by name. */
  readonly examinedAt = new Map<string, number>()
  /** No cycle starts before this time. */
  notBefore = Number.NEGATIVE_INFINITY
  /** The end of the last cycle; before the first, the time at which the database was added. */
  cycleEndedAt: number
  /** Whether the next cycle is due immediately. */
  isHurried = false
  /** The number of consecutive polls that lost the connection, by query. */
  readonly #losses = new Map<string, number>()
  /** The number of the server of the session. */
  serverNumber = 0
  /** The start times of all servers that responded. */
  readonly #startTimes = new Set<string>()
  /** The identifiers of the databases of this name that responded, with the times of their last responses. The last one is the last. */
  readonly #oids = new Map<string, number>()
  #session: Session | undefined
  #openedAt: number
  #sessions = 0
  #interval: CycleInterval
  /** The offset of spread cycles in their interval, from 0 to 1. */
  readonly #phase: number
  #unitSeconds: number
  /** The start of the last cycle. */
  #lastCycle: number | undefined
  /** The durations of the last cycles that connected, in milliseconds; undefined before the first, which is longer. */
  #durations: readonly number[] | undefined

  constructor(database: Database, unitSeconds: number, phase: number, now: number) {
    this.database = database
    this.state = unpolled(database.name)
    this.schedule = new Schedule(now, unitSeconds)
    this.#unitSeconds = unitSeconds
    this.#interval = { seconds: unitSeconds, isSpread: false }
    this.#phase = phase
    this.#openedAt = now
    this.cycleEndedAt = now
  }

  get name(): string {
    return this.database.name
  }

  get intervalSeconds(): number {
    return this.#interval.seconds
  }

  /** The session; undefined if it is closed. */
  get session(): Session | undefined {
    return this.#session?.isOpen() ? this.#session : undefined
  }

  /** The number of sessions opened so far. Each of them may be a session of another server. */
  get sessionNumber(): number {
    return this.#sessions
  }

  /** Seconds since the session was opened. */
  sessionAgeSeconds(now: number): number {
    return (now - this.#openedAt) / 1000
  }

  connected({ session, isNew, facts, identity, refusals }: Connected, now: number): void {
    const { facts: oldFacts } = this.state
    const isChanged = oldFacts !== undefined && !isDeepStrictEqual(facts, oldFacts)
    // Behind a reader endpoint, sessions alternate between servers.
    const isRestarted = identity !== undefined && this.#startTimes.size > 0 && !this.#startTimes.has(identity.startTime)
    if (identity !== undefined) this.#startTimes.add(identity.startTime)
    // Another role, version or state of recovery, or a restarted server: everything is tried again.
    this.refusals = refusals
    if (isChanged || isRestarted) this.forgetRefusals()
    if (isNew) this.#sessions++
    if (isNew) this.#openedAt = now
    this.#session = session
    this.state = {
      name: this.name,
      isUp: true,
      // Equal facts keep their object: the plan compares by reference.
      facts: isDeepStrictEqual(facts, this.state.facts) ? this.state.facts : facts,
      identity: isNew || session.isPooled ? identity : this.state.identity,
      certificateExpiry: session.certificateExpiry,
      failure: undefined,
      isDeferred: false,
      isNotPermitted: false,
      failures: 0
    }
    this.notBefore = Number.NEGATIVE_INFINITY
  }

  /**
   * Records the identifier of the database that responds. Returns whether it has replaced another one. One that responded
   * within `severalMs` has not: without an identity of the servers, only this shows that several respond in turn.
   */
  isReplacedBy(oid: string, now: number, severalMs: number): boolean {
    const last = [...this.#oids.keys()].at(-1)
    const isKnown = last === undefined || last === oid || now - (this.#oids.get(oid) ?? Number.NEGATIVE_INFINITY) <= severalMs
    for (const [other, seenAt] of this.#oids) if (other === oid || now - seenAt > severalMs) this.#oids.delete(other)
    this.#oids.set(oid, now)
    return !isKnown
  }

  /** A session was opened, or is kept. */
  opened(session: Session): void {
    this.#session = session
  }

  failed(failure: Failure): void {
    this.disconnected()
    this.state = { ...this.state, isUp: false, failure, isDeferred: false, isNotPermitted: false, failures: this.state.failures + 1 }
  }

  /** Adds refusals. */
  refused(refusals: readonly Refusal[]): void {
    this.refusals = new Map([...this.refusals, ...refusals.map((one) => [one.key, one] as const)])
  }

  /** Tries again everything that the server refused. */
  forgetRefusals(): void {
    this.refusals = noRefusals
    this.examinedAt.clear()
  }

  /** Forgets everything learned from the server and makes all queries due. */
  forgetServer(): void {
    this.forgetRefusals()
    this.#oids.clear()
    this.schedule.forget()
    this.introduction = undefined
    this.notBefore = Number.NEGATIVE_INFINITY
    this.isHurried = true
    this.state = { ...this.state, facts: undefined, identity: undefined }
  }

  /** Records that a discovered database does not accept the role. No connection is attempted before `notBefore`. */
  notPermitted(failure: Failure, notBefore: number): void {
    this.failed(failure)
    this.state = { ...this.state, isNotPermitted: true }
    this.notBefore = notBefore
  }

  /** Records that no connection was attempted, because the last free connections of the server are left to others. */
  deferred(): void {
    this.disconnected()
    this.state = { ...this.state, isUp: false, failure: deferral, isDeferred: true }
  }

  disconnected(): void {
    this.#session = undefined
  }

  /** If the last cycle could not connect, makes the next one due immediately and ends the back-off. */
  hurry(): void {
    if (this.state.failure === undefined) return
    this.state = { ...this.state, failures: 0 }
    this.isHurried = true
    this.notBefore = Number.NEGATIVE_INFINITY
    this.introduction = undefined
  }

  /** The effective interval of a query in this database. */
  intervalOf({ query: { intervalSeconds }, datname }: Pick<PlannedQuery, 'query' | 'datname'>): number {
    const { seconds, isSpread, grid } = this.#interval
    const isStretched = datname !== '' && (isSpread || seconds > this.#unitSeconds)
    if (isStretched) return stretch(intervalSeconds, seconds)
    return grid === undefined ? intervalSeconds : roundUp(intervalSeconds, grid.seconds)
  }

  /** The running queries with their effective intervals. */
  timed(running: readonly PlannedQuery[]): readonly Timed[] {
    return running.map((planned) => ({ name: planned.query.name, intervalSeconds: this.intervalOf(planned) }))
  }

  /**
   * The wait until the next poll of a query, in seconds. A poll that lost the connection is repeated in the next cycle. The
   * wait doubles with each further loss up to the interval, because the query may be the cause.
   */
  waitAfter(query: string, intervalSeconds: number, hasLostConnection: boolean): number {
    const losses = hasLostConnection ? (this.#losses.get(query) ?? 0) : undefined
    if (losses === undefined) {
      this.#losses.delete(query)
      return intervalSeconds
    }
    this.#losses.set(query, losses + 1)
    return Math.min(intervalSeconds, this.intervalSeconds * 2 ** losses)
  }

  /** Sets the interval of the cycles. Returns whether intervals of queries may have changed. */
  setInterval(interval: CycleInterval, unitSeconds: number, now: number): boolean {
    const before = this.#interval
    this.#unitSeconds = unitSeconds
    this.#interval = interval
    if (!interval.isSpread) this.schedule.setCycleInterval(unitSeconds)
    const isMoved = interval.seconds !== before.seconds || interval.isSpread !== before.isSpread
    if (isMoved && (interval.isSpread || before.isSpread)) this.#moveGrid(now)
    return isMoved || interval.grid?.seconds !== before.grid?.seconds
  }

  /** Plans the next cycle after one has ended, not before the end of the back-off. */
  cycleEnded(from: number, now: number, running: readonly PlannedQuery[], backOffSeconds: number): void {
    this.schedule.cycleEnded(now, this.timed(running), backOffSeconds)
    this.#lastCycle = from
    this.cycleEndedAt = now
    if (this.state.isUp) this.#durations = this.#durations === undefined ? [] : [...this.#durations, now - from].slice(-durationsKept)
    const { isSpread, grid } = this.#interval
    // Spread cycles keep their phase.
    if (!isSpread && grid !== undefined) this.schedule.align(grid.seconds * 1000, grid.scrapeAt, this.#leadMs(grid))
  }

  /** Moves the cycles to this phase of their interval. */
  moveToPhase(phase: number, now: number): void {
    const { seconds } = this.#interval
    const intervalMs = seconds * 1000
    // Whole milliseconds, so that a cycle at this time is followed by the next one, not by itself.
    const point = Math.floor(phase * intervalMs)
    this.schedule.moveGrid(nextOnGrid(point - intervalMs, intervalMs, now), seconds, now)
  }

  /** The lead: the time from the start of a cycle to the scrape that it precedes, at most half of the time between scrapes. */
  #leadMs({ seconds }: Grid): number {
    const durations = [...(this.#durations ?? [])].sort((left, right) => left - right)
    const usual = durations[Math.ceil(usualShare * durations.length) - 1] ?? 0
    return Math.min(usual + marginMs, seconds * 500)
  }

  #moveGrid(now: number): void {
    const { seconds, isSpread } = this.#interval
    const interval = isSpread ? seconds : this.#unitSeconds
    const next = isSpread ? nextInPhase(this.#phase, interval * 1000, now) : now
    // A cycle in progress, or the first cycle, plans the next one when it ends.
    if (this.cycle !== undefined || this.#lastCycle === undefined) this.schedule.moveGrid(next - interval * 1000, interval, now)
    else this.schedule.moveGrid(Math.min(next, Math.max(now, this.#lastCycle + interval * 1000)), interval, now)
  }
}
