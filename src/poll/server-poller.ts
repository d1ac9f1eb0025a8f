// The state of one server and every decision about it, synchronous, with the time passed in: which poll cycles are due,
// what a cycle has found out, which query it polls next, what its outcomes mean, and when the next cycle comes. The
// file is long because these decisions share one state; whatever has a state of its own (plan, schedule, intervals,
// connection limiter, auth failures, discovery, snapshots) stands in a file of its own. poll-cycle.ts does the work.

import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { Labels } from '../metric/sample.ts'
import { describePlan } from '../plan/describe-plan.ts'
import { grantAdvice } from '../plan/grant-advice.ts'
import type { Candidate, PlannedQuery } from '../plan/plan-queries.ts'
import { ServerPlan } from '../plan/server-plan.ts'
import type { Query } from '../query/query.ts'
import { fileOf } from '../server/credential.ts'
import type { Listed } from '../server/discover.ts'
import type { Facts, Identity } from '../server/facts.ts'
import type { Limits } from '../server/limits.ts'
import { addressOf, type Database, type Discovery, type Server } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import { AuthFailures, type CredentialUse } from './auth-failures.ts'
import { ConnectionLimiter } from './connection-limiter.ts'
import { DatabaseDiscovery } from './database-discovery.ts'
import { type DatabaseState, unpolled } from './database-state.ts'
import { CycleCosts, cycleIntervals, phaseOf, stretch } from './intervals.ts'
import type { DueQuery, Outcome } from './poll-query.ts'
import { QueryMemories } from './query-memories.ts'
import { backOffSeconds, nextOnGrid, Schedule } from './schedule.ts'
import type { Scrapers } from './scrapers.ts'
import { keptSessions, leaderOf } from './session-policy.ts'
import { type Failure, isFresh, Snapshots } from './snapshots.ts'

export interface PollerOptions {
  readonly queries: readonly Query[]
  readonly scrapers: Scrapers
  readonly sessionMaxAgeSeconds: number
  readonly discoverySeconds: number
  /** The fraction of a core that poll cycles may cost the server where sessions cannot be kept. */
  readonly pollCostShare: number
  readonly log: Logger
}

/** What a poll cycle found out when it connected. */
export type Found =
  | {
      readonly kind: 'connected'
      readonly session: Session
      readonly isNew: boolean
      readonly facts: Facts
      /** Undefined where it was not read or the role may not read it. */
      readonly identity: Identity | undefined
      /** Undefined where they were not read; an undefined value where they cannot be read. */
      readonly limits: { readonly value: Limits | undefined } | undefined
      /** All databases of the server, or why they could not be listed; undefined where they were not. */
      readonly listed: readonly Listed[] | { readonly message: string } | undefined
      /** Whether the credential had been rejected before. */
      readonly wasRejected: boolean
      /** What connecting and reading facts took. */
      readonly seconds: number
    }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly credential: CredentialUse | undefined }
  /** Not tried: the last free connections are left to others. */
  | { readonly kind: 'deferred' }

/** What a poll cycle has to read beside the facts. */
export interface Wanted {
  readonly identity: boolean
  readonly limits: boolean
  readonly discovery: Discovery | undefined
}

/** One poll cycle in progress. */
export interface Cycle {
  readonly name: string
  readonly startedAt: number
  /** What a cycle just before it has found out, so that it need not connect again. */
  readonly known: Found | undefined
}

/** What becomes of the session at the end of a cycle: it stays open, is replaced at the next cycle, or ends with its permit. */
export type SessionEnd = 'keep' | 'replace' | 'close'

/** The databases that are polled first learn what every role may see; nobody waits longer for a slow one. */
const introductionMs = 500
/** Once a cycle has lasted this long it begins no query slower than this: behind them the next cycle's counters would be late. */
const longestCycleSeconds = 15
/** Rows that a limited query may show in one database, whatever its share of the limit. */
const leastRows = 10

const deferral: Failure = {
  errorClass: 'too_many_connections',
  message: 'not polled: the last free connections of the server are left to others'
}

interface Polled {
  database: Database
  state: DatabaseState
  readonly schedule: Schedule
  readonly costs: CycleCosts
  readonly phase: number
  /** The interval of its cycles, and whether each opens a session at a time of its own. */
  interval: { readonly seconds: number; readonly isSpread: boolean }
  session: Session | undefined
  sessions: number
  openedAt: number
  lastCycle: { readonly from: number; readonly to: number } | undefined
  cycle: RunningCycle | undefined
  /** To be polled at once. */
  isHurried: boolean
  introduction: Found | undefined
}

interface RunningCycle extends Cycle {
  readonly polled: Polled
  found: Found | undefined
  due: PlannedQuery[]
}

export class ServerPoller {
  readonly snapshots: Snapshots
  readonly limiter: ConnectionLimiter
  readonly authFailures = new AuthFailures()
  readonly plan: ServerPlan
  readonly #options: PollerOptions
  readonly #memories = new QueryMemories()
  #server: Server
  #queries: readonly Query[]
  #discovery: DatabaseDiscovery
  #databases: ReadonlyMap<string, Polled> = new Map()
  #begun = 0
  /** Until when the first cycles only connect; undefined once queries are polled. */
  #introducedAt: number | undefined
  #hasNewList = false
  /** Server-wide queries that are being polled: one may move to another database meanwhile. */
  readonly #inProgress = new Set<string>()
  #ownRoles: ReadonlySet<string> = new Set()
  #usedBytes: number | undefined
  #described = ''
  readonly #advised = new Set<string>()
  #isReady = false
  #isStopped = false

  constructor(server: Server, options: PollerOptions, now: number) {
    this.#server = server
    this.#options = options
    this.#queries = options.queries
    this.#introducedAt = now + introductionMs
    this.snapshots = new Snapshots(server.name)
    this.limiter = new ConnectionLimiter(server.maxSessions)
    this.plan = new ServerPlan(options.queries)
    this.#discovery = new DatabaseDiscovery(options.discoverySeconds)
    this.#reconcile(now)
  }

  get server(): Server {
    return this.#server
  }

  get states(): readonly DatabaseState[] {
    return [...this.#databases.values()].map(({ state }) => state)
  }

  /** The databases in the order that decides between equals. */
  get names(): readonly string[] {
    return [...this.#databases.keys()]
  }

  /** The interval of each database's cycles. */
  get intervals(): ReadonlyMap<string, number> {
    return new Map([...this.#databases].map(([name, { interval }]) => [name, interval.seconds]))
  }

  get openSessions(): number {
    return this.#open().length
  }

  /** Whether the last discovery succeeded; undefined where none is configured or none was tried. */
  get isDiscovered(): boolean | undefined {
    return this.#server.discovery === undefined ? undefined : this.#discovery.hasSucceeded
  }

  /** Whether every planned query has been polled once. */
  get isReady(): boolean {
    this.#isReady ||= this.plan.all.every((planned) => planned.skipped !== undefined || this.#snapshotOf(planned) !== undefined)
    return this.#isReady
  }

  /** Whether series may name this database. */
  isShown(datname: string): boolean {
    return this.#discovery.isShown(this.#server, datname)
  }

  /** Bytes that the server uses on its disk, by the query `disk`; undefined while unknown. */
  usedBytes(now: number): number | undefined {
    const snapshot = this.snapshots.get('', 'disk')
    return snapshot !== undefined && isFresh(snapshot, now) ? this.#usedBytes : undefined
  }

  /** The databases whose cycle is due. */
  due(now: number): readonly string[] {
    this.#introduce(now)
    return [...this.#databases].flatMap(([name, polled]) => (this.#nextCycleOf(polled) <= now ? [name] : []))
  }

  /** When the next cycle is due, those of the named databases left out. */
  nextCycle(except: { readonly has: (name: string) => boolean }): number {
    return Math.min(...[...this.#databases].map(([name, polled]) => (except.has(name) ? Number.POSITIVE_INFINITY : this.#nextCycleOf(polled))))
  }

  /** Whether the first cycles only connect, as they do until it is known what every role sees. */
  get isIntroducing(): boolean {
    return this.#introducedAt !== undefined
  }

  endIntroduction(): void {
    this.#introducedAt = undefined
  }

  begin(name: string, now: number): Cycle | undefined {
    const polled = this.#databases.get(name)
    if (polled === undefined || polled.cycle !== undefined || this.#isStopped) return undefined
    const { introduction } = polled
    polled.introduction = undefined
    polled.isHurried = false
    polled.cycle = { name, startedAt: now, known: introduction, polled, found: undefined, due: [] }
    return polled.cycle
  }

  /** The database of a cycle as it is configured now; undefined when it was removed. */
  databaseOf(cycle: Cycle): Database | undefined {
    const polled = this.#databases.get(cycle.name)
    return polled?.cycle === cycle ? polled.database : undefined
  }

  /** Whether the database is not polled because the server has hardly any free connections. */
  isDeferred(name: string): boolean {
    return this.limiter.isTight && name !== this.#leader()
  }

  /** What to read in a session, beside the facts of the database. */
  wanted({ name }: Cycle, session: Pick<Session, 'isPooled'>, isNew: boolean, now: number): Wanted {
    const isLeader = name === this.#leader(name)
    return {
      // Behind a pooler another server may respond in the same session.
      identity: isNew || session.isPooled,
      limits: isNew || isLeader,
      discovery: isLeader && this.#discovery.isDue(this.#server, now) ? this.#server.discovery : undefined
    }
  }

  /** Takes what the cycle found out, and determines the queries that it polls. */
  learn(cycle: Cycle, found: Found, now: number): void {
    const running = this.#running(cycle)
    if (running === undefined) return
    const { polled } = running
    running.found = found
    if (found !== cycle.known) this.#take(polled, found, now)
    this.#replan(now)
    this.#introduce(now, polled)
    if (this.isIntroducing) return
    const due = polled.schedule.due(this.#timed(polled), now)
    const runnable = new Map(this.plan.runningIn(cycle.name).map((planned) => [planned.query.name, planned]))
    running.due = due.toSorted((left, right) => left.intervalSeconds - right.intervalSeconds).flatMap(({ name }) => runnable.get(name) ?? [])
  }

  /** The query that the cycle polls next; undefined when there is none. */
  next(cycle: Cycle, now: number): DueQuery | undefined {
    const running = this.#running(cycle)
    for (let planned = running?.due.shift(); running !== undefined && planned !== undefined; planned = running.due.shift()) {
      const { query, sql } = planned
      const { session, state } = running.polled
      const isLate = now - cycle.startedAt > longestCycleSeconds * 1000 && query.intervalSeconds > longestCycleSeconds
      if (!session?.isOpen() || sql === undefined) this.#failUnpolled(running.polled, query)
      else if (!isLate && !(query.scope === 'server' && this.#inProgress.has(query.name))) {
        if (query.scope === 'server') this.#inProgress.add(query.name)
        return this.#dueQuery(running.polled, { query, sql }, session, state, now)
      }
    }
    return undefined
  }

  /** Takes the outcome of a poll. */
  done(cycle: Cycle, { query, datname, intervalSeconds }: DueQuery, outcome: Outcome, now: number): void {
    this.#inProgress.delete(query.name)
    const running = this.#running(cycle)
    if (running === undefined) return
    const { polled } = running
    const { log } = this.#options
    const place = { server: this.#server.name, datname, query: query.name }
    const last = this.snapshots.get(datname, query.name)?.failure
    const { result, failure, seconds } = outcome
    if (result !== undefined) {
      const { rows, texts, entries } = result
      this.snapshots.put({ datname, query: query.name, intervalSeconds, succeededAt: now, seconds, rows, texts, failure })
      if (query.name === 'disk') this.#usedBytes = entries[0]?.values[0]
      if (last !== undefined) log.info(place, 'query succeeds again')
    } else {
      this.snapshots.fail(datname, query.name, intervalSeconds, seconds, failure)
      if (last?.errorClass !== failure.errorClass) {
        log.warn({ ...place, database: cycle.name, file: query.file, class: failure.errorClass }, `query failed: ${failure.message}`)
      }
      if (this.plan.failed(query, cycle.name, failure.errorClass, now)) this.#tidy()
    }
    polled.costs.polled(query.name, seconds, failure?.errorClass === 'lock')
    polled.schedule.polled({ name: query.name, intervalSeconds }, now)
  }

  /** Ends the cycle: plans the next one and decides about the session. */
  finish(cycle: Cycle, now: number): SessionEnd {
    const running = this.#running(cycle)
    if (running === undefined) return 'close'
    const { polled, found } = running
    if (this.#hasNewList) this.#reconcile(now)
    const isIntroduction = this.isIntroducing
    const end = this.#sessionEnd(polled, now)
    if (end !== 'keep') polled.session = undefined
    if (isIntroduction) {
      // A session that was closed is opened again; a failure is not repeated.
      polled.introduction = end === 'keep' || found?.kind !== 'connected' ? found : undefined
    } else {
      polled.costs.cycled(found?.kind === 'connected' && found.isNew ? found.seconds : undefined)
      this.#setIntervals(now)
      polled.schedule.cycleEnded(now, this.#timed(polled), this.#backOffSeconds(polled, found, now))
      polled.lastCycle = { from: cycle.startedAt, to: now }
    }
    polled.cycle = undefined
    this.#introduce(now, isIntroduction ? polled : undefined)
    return end
  }

  /**
   * Takes another configuration of the same server. Databases that did not change are not disturbed; one that is
   * reached differently gets a new session at its next cycle; one that is gone is removed with its series.
   */
  update(server: Server, queries: readonly Query[], now: number): void {
    if (addressOf(server) !== addressOf(this.#server)) this.#discovery = new DatabaseDiscovery(this.#options.discoverySeconds)
    this.#server = server
    this.#queries = queries
    this.#reconcile(now)
    for (const polled of this.#databases.values()) polled.schedule.limitWaits(this.#timed(polled), now)
  }

  /** Rejected credentials may have changed, all of them or those read from one of these files: they are tried at once. */
  retryCredentials(files: readonly string[] | undefined): void {
    this.authFailures.forget(files)
    for (const polled of this.#databases.values()) {
      const file = fileOf(polled.database.connection.password)
      const isConcerned = files === undefined || (file !== undefined && files.includes(file))
      if (isConcerned && polled.state.failure?.errorClass === 'auth') hurry(polled)
    }
  }

  /** Prometheus has scraped: cycles that coincide with scrapes move away from them. */
  scraped(now: number): void {
    for (const { interval, schedule, lastCycle } of this.#databases.values()) {
      // Spread cycles are at any time anyway.
      if (!interval.isSpread) schedule.scraped(now, lastCycle ?? { from: 0, to: 0 })
    }
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Ends the introduction once the first databases were tried, or have had their time. */
  #introduce(now: number, current?: Polled): void {
    if (this.#introducedAt === undefined) return
    const first = [...this.#databases.values()].slice(0, this.#server.maxSessions)
    const isComplete = first.every((polled) => polled === current || polled.introduction !== undefined || polled.state.isUp)
    if (isComplete || now >= this.#introducedAt) this.#introducedAt = undefined
  }

  /** The current clock decides for all others; a cycle in progress has none. */
  #nextCycleOf(polled: Polled): number {
    if (polled.cycle !== undefined || this.#isStopped) return Number.POSITIVE_INFINITY
    if (polled.isHurried) return Number.NEGATIVE_INFINITY
    if (this.#introducedAt === undefined) return polled.schedule.nextCycle
    const isFirst = [...this.#databases.values()].indexOf(polled) < this.#server.maxSessions
    return isFirst && polled.introduction === undefined && !polled.state.isUp ? polled.schedule.nextCycle : this.#introducedAt
  }

  #running(cycle: Cycle): RunningCycle | undefined {
    const running = this.#databases.get(cycle.name)?.cycle
    return running === cycle && !this.#isStopped ? running : undefined
  }

  #take(polled: Polled, found: Found, now: number): void {
    const { name } = polled.database
    const { log } = this.#options
    if (found.kind === 'deferred') {
      polled.session = undefined
      polled.state = { ...polled.state, isUp: false, isDeferred: true, failure: deferral }
    } else if (found.kind === 'failed') {
      const { failure } = found
      polled.session = undefined
      if (polled.state.failure?.errorClass !== failure.errorClass) {
        log.error({ server: this.#server.name, database: name, class: failure.errorClass }, `cannot connect: ${failure.message}`)
      }
      const isLeader = name === this.#leader()
      polled.state = { ...polled.state, isUp: false, failure, isDeferred: false, failures: polled.state.failures + 1 }
      if (failure.errorClass === 'network') this.limiter.unreachable()
      if (isLeader && this.#server.discovery !== undefined) this.#discoveryFailed(`database ${name} cannot be reached`, now)
    } else {
      this.#takeConnected(polled, found, now)
    }
  }

  #takeConnected(polled: Polled, found: Found & { readonly kind: 'connected' }, now: number): void {
    const { session, isNew, limits, listed, wasRejected } = found
    if (isNew) polled.sessions++
    if (isNew) polled.openedAt = now
    polled.session = session
    const { state } = polled
    if (!state.isUp) {
      this.#options.log.info({ server: this.#server.name, database: state.name, role: found.facts.role }, 'connected')
    }
    polled.state = {
      ...state,
      isUp: true,
      // The same object while nothing has changed, so that nothing is planned again.
      facts: isDeepStrictEqual(found.facts, state.facts) ? state.facts : found.facts,
      identity: isNew || session.isPooled ? found.identity : state.identity,
      certificateExpiry: session.certificateExpiry,
      failure: undefined,
      isDeferred: false,
      failures: 0
    }
    if (limits !== undefined) this.limiter.learn(polled.database, limits.value, this.#open())
    if (listed !== undefined) {
      if ('message' in listed) this.#discoveryFailed(listed.message, now)
      else this.#discovery.succeeded(listed, now)
      this.#hasNewList = !('message' in listed)
    }
    if (wasRejected) for (const other of this.#databases.values()) if (other.state.failure?.errorClass === 'auth') hurry(other)
  }

  #discoveryFailed(message: string, now: number): void {
    if (!this.#discovery.failed(message, now)) return
    this.#options.log.warn({ server: this.#server.name }, `database discovery failed, keeping the last list: ${message}`)
  }

  /** Adds, changes and removes databases as configured and discovered. */
  #reconcile(now: number): void {
    const before = this.#databases
    const databases = this.#discovery.databasesOf(this.#server)
    this.limiter.configure(this.#server.maxSessions)
    this.#databases = new Map(databases.map((database) => [database.name, before.get(database.name) ?? this.#add(database, now)]))
    for (const database of databases) {
      const known = before.get(database.name)
      if (known === undefined) continue
      const isOther = !isDeepStrictEqual(known.database.connection, database.connection)
      known.database = database
      if (isOther || (known.state.failure?.errorClass === 'no_database' && this.#hasNewList && this.#discovery.has(database.name))) hurry(known)
    }
    for (const name of before.keys()) if (!this.#databases.has(name)) this.#memories.forget(name)
    this.#hasNewList = false
    this.#replan(now)
    this.#setIntervals(now)
  }

  #add(database: Database, now: number): Polled {
    return {
      database,
      state: unpolled(database.name),
      schedule: new Schedule(now, this.#unitSeconds),
      costs: new CycleCosts(),
      phase: phaseOf(this.#begun++),
      interval: { seconds: this.#unitSeconds, isSpread: false },
      session: undefined,
      sessions: 0,
      openedAt: now,
      lastCycle: undefined,
      cycle: undefined,
      isHurried: false,
      introduction: undefined
    }
  }

  #candidates(): readonly Candidate[] {
    return [...this.#databases.values()].map(({ database: { access }, state: { name, isUp, facts } }) => ({ name, isUp, facts, access }))
  }

  #replan(now: number): void {
    const candidates = this.#candidates()
    if (this.plan.update(this.#queries, candidates, now)) {
      this.#tidy()
      const users = [...this.#databases.values()].map(({ database }) => database.connection.user)
      this.#ownRoles = new Set([...users, ...candidates.flatMap(({ facts }) => facts?.role ?? [])])
    }
    this.#describe(candidates)
  }

  /** Drops the snapshots of queries that do not run any more. */
  #tidy(): void {
    const running = new Set(
      this.plan.all.flatMap(({ query, database, skipped }) =>
        skipped === undefined ? [`${query.scope === 'database' ? database : ''}\n${query.name}`] : []
      )
    )
    this.snapshots.keepOnly((datname, query) => running.has(`${datname}\n${query}`))
  }

  /** Logs the plan in one line when it differs from the last one, once every database was tried. */
  #describe(candidates: readonly Candidate[]): void {
    if (this.states.some((state) => state.failures === 0 && !state.isUp)) return
    const described = describePlan(this.#server.name, this.plan.all)
    if (described === this.#described) return
    this.#described = described
    this.#options.log.info(described)
    for (const advice of grantAdvice(candidates)) {
      if (this.#advised.has(advice)) continue
      this.#advised.add(advice)
      this.#options.log.warn(`server ${this.#server.name}: ${advice}`)
    }
  }

  /** The queries that run in the database with their effective intervals. */
  #timed({ database: { name }, interval }: Pick<Polled, 'database' | 'interval'>): readonly { name: string; intervalSeconds: number }[] {
    return this.plan.runningIn(name).map(({ query }) => ({ name: query.name, intervalSeconds: this.#intervalOf(query, interval) }))
  }

  #intervalOf({ scope, intervalSeconds }: Query, { seconds, isSpread }: Polled['interval']): number {
    const isStretched = scope === 'database' && (isSpread || seconds > this.#unitSeconds)
    return isStretched ? stretch(intervalSeconds, seconds) : intervalSeconds
  }

  #dueQuery(polled: Polled, { query, sql }: { query: Query; sql: string }, session: Session, state: DatabaseState, now: number): DueQuery {
    const server = this.#server.name
    const { name } = polled.database
    const datname = query.scope === 'database' ? name : ''
    const labels: Labels = query.scope === 'database' ? { server, datname } : { server }
    const databases = Math.max(1, this.#databases.size)
    const { limit = 0 } = query.top ?? {}
    // A server-wide query has series of every database. No query may use the samples of all others.
    const most = this.#server.maxSamplesPerDatabase * (datname === '' ? databases : 1)
    return {
      query,
      sql,
      datname,
      intervalSeconds: this.#intervalOf(query, polled.interval),
      labels,
      memory: this.#memories.of(query, datname, labels),
      isShown: (shown) => this.isShown(shown),
      maxSamples: Math.max(0, Math.min(Math.floor(most / 2), most - this.snapshots.samplesOfOthers(datname, query.name))),
      limit: query.scope === 'database' ? Math.ceil(Math.max(leastRows, limit / databases)) : limit,
      epoch: this.#epoch(polled, session, state),
      seenUntil: this.#options.scrapers.seenUntil(server, now),
      isOwnRole: (user) => this.#ownRoles.has(user)
    }
  }

  /** Without a known identity every session is an epoch. */
  #epoch({ sessions }: Polled, session: Session, { name, identity, facts }: DatabaseState): string {
    const { discovery, databases } = this.#server
    const server = identity === undefined ? `${name} ${sessions} ${session.isPooled}` : `${identity.systemIdentifier} ${identity.startTime}`
    // Another role sees other rows, so what it sees for the first time is not new; neither is what was excluded before.
    const shown = discovery && [discovery.include.map(String), discovery.exclude.map(String), databases.map(({ name }) => name), this.#discovery.returned]
    return JSON.stringify([server, facts?.role, [...(facts?.capabilities ?? [])], shown])
  }

  #failUnpolled(polled: Polled, query: Query): void {
    const lost: Failure = { errorClass: 'network', message: 'the connection was lost during the poll cycle' }
    const datname = query.scope === 'database' ? polled.database.name : ''
    this.snapshots.fail(datname, query.name, this.#intervalOf(query, polled.interval), 0, polled.state.failure ?? lost)
  }

  #backOffSeconds({ database, state }: Polled, found: Found | undefined, now: number): number {
    const wait = database.name === this.#leader() ? this.limiter.waitSeconds : 0
    if (found?.kind !== 'failed') return wait
    const { errorClass } = found.failure
    if (errorClass === 'too_many_connections' || errorClass === 'no_database') return Math.max(wait, backOffSeconds(state.failures))
    const rejected = found.credential && this.authFailures.current(found.credential, now)
    // A server that is down is tried at every interval, so that the page is right within one.
    return rejected === undefined ? wait : Math.max(wait, (rejected.retryAt - now) / 1000)
  }

  #sessionEnd(polled: Polled, now: number): SessionEnd {
    const { database, session, openedAt } = polled
    const isPolled = this.#databases.get(database.name) === polled
    if (!isPolled || !session?.isOpen() || !this.#kept().has(database.name)) return 'close'
    return now - openedAt > this.#options.sessionMaxAgeSeconds * 1000 ? 'replace' : 'keep'
  }

  /** Where sessions cannot all be kept, cycles are as rare as their cost demands. */
  #setIntervals(now: number): void {
    const kept = this.#kept()
    const all = [...this.#databases]
    const unit = this.#unitSeconds
    const current = new Map(all.map(([name, { interval }]) => [name, interval.seconds]))
    const demands = () => new Map(all.map(([name, { costs }]) => [name, costs.demand(this.#databaseWide(name))]))
    const intervals = kept.size < all.length ? cycleIntervals(demands(), this.#options.pollCostShare, unit, current) : new Map<string, number>()
    for (const [name, polled] of all) {
      const interval = { seconds: intervals.get(name) ?? unit, isSpread: !kept.has(name) }
      const { seconds, isSpread } = polled.interval
      if (interval.seconds === seconds && interval.isSpread === isSpread) continue
      polled.interval = interval
      if (interval.isSpread || isSpread) this.#moveGrid(polled, now)
      polled.schedule.limitWaits(this.#timed(polled), now)
      for (const { query } of this.plan.runningIn(name)) {
        this.snapshots.extend(query.scope === 'database' ? name : '', query.name, this.#intervalOf(query, interval))
      }
    }
  }

  #databaseWide(name: string): readonly Query[] {
    return this.plan.runningIn(name).flatMap(({ query }) => (query.scope === 'database' ? [query] : []))
  }

  #moveGrid({ schedule, interval: { seconds, isSpread }, phase, cycle, lastCycle }: Polled, now: number): void {
    const interval = isSpread ? seconds : this.#unitSeconds
    const next = isSpread ? nextOnGrid(phase * interval * 1000, interval * 1000, now) : now
    // A cycle in progress, or the first one, plans the next when it ends.
    if (cycle !== undefined || lastCycle === undefined) schedule.moveGrid(next - interval * 1000, interval)
    else schedule.moveGrid(Math.min(next, Math.max(now, lastCycle.from + interval * 1000)), interval)
  }

  #kept(): ReadonlySet<string> {
    const databases = [...this.#databases.values()].map(({ database }) => database)
    return keptSessions({ server: this.#server, databases, leader: this.#leader(), hosts: this.plan.hosts, limiter: this.limiter })
  }

  /** `reached` is a database that responds although its state does not say so yet. */
  #leader(reached?: string): string | undefined {
    return leaderOf(this.#server, (name) => name === reached || this.#databases.get(name)?.state.isUp === true)
  }

  #open(): readonly Database[] {
    return [...this.#databases.values()].flatMap(({ database, session }) => (session?.isOpen() ? [database] : []))
  }

  #snapshotOf({ query, database }: PlannedQuery) {
    return this.snapshots.get(query.scope === 'database' ? database : '', query.name)
  }

  get #unitSeconds(): number {
    return Math.min(15, ...this.#queries.map(({ intervalSeconds }) => intervalSeconds))
  }
}

/** Polls a database that could not be reached at once, whatever it waits for. */
function hurry(polled: Polled): void {
  if (polled.state.failure === undefined) return
  polled.state = { ...polled.state, failures: 0 }
  polled.isHurried = true
}
