// The state of one server and all decisions about it. Every method is synchronous and receives the current time:
// begin, learn, next, done and finish are the steps of a poll cycle, which poll-cycle.ts runs asynchronously. The file
// is long because these decisions depend on each other. Parts with separate state (database, plan, schedule, connection
// limiter, auth failures, discovery, snapshots) are in separate files.

import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { describePlan } from '../plan/describe-plan.ts'
import { grantAdvice } from '../plan/grant-advice.ts'
import type { Candidate, PlannedQuery } from '../plan/plan-queries.ts'
import { ServerPlan } from '../plan/server-plan.ts'
import type { Query } from '../query/query.ts'
import { fileOf } from '../server/credential.ts'
import { noRefusals, type Refusal, type Refusals, refusalClasses } from '../server/refusals.ts'
import { addressOf, type Database, detailsOf, type Server } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import { AuthFailures } from './auth-failures.ts'
import { ConnectionLimiter, slowMs } from './connection-limiter.ts'
import { type CycleTiming, cycleTimingOf } from './cycle-timing.ts'
import { DatabaseDiscovery } from './database-discovery.ts'
import { type DueQuery, dueQuery } from './due-query.ts'
import type { Connected, Found, Wanted } from './found.ts'
import { budgetedInterval, cycleIntervals, phaseOf } from './intervals.ts'
import { Passwords } from './passwords.ts'
import type { Outcome } from './poll-query.ts'
import { type Cycle, type CycleInProgress, type DatabaseState, PolledDatabase } from './polled-database.ts'
import { QueryMemories } from './query-memories.ts'
import { backOffSeconds } from './schedule.ts'
import type { Scrapers } from './scrapers.ts'
import { ServerIdentities, severalMs } from './server-identities.ts'
import { keepableSessions, keptSessions, leaderOf, type SessionNeeds } from './session-policy.ts'
import { type Failure, isFresh, Snapshots } from './snapshots.ts'

export interface PollerOptions {
  readonly queries: readonly Query[]
  readonly scrapers: Scrapers
  readonly sessionMaxAgeSeconds: number
  readonly discoverySeconds: number
  /** The fraction of a core that poll cycles may use on a server that does not set `pollCostShare`. */
  readonly pollCostShare: number
  readonly log: Logger
}

/** The action at the end of a cycle: keep the session open, replace it in the next cycle, or close it and release its permit. */
export type SessionEnd = 'keep' | 'replace' | 'close'

/**
 * After this time, a cycle starts no more queries whose interval is longer than this time: they would delay counters. If
 * other databases wait for its permit, it starts none after `slowMs`.
 */
const longestCycleSeconds = 15

/** The time after which a discovered database that does not accept the role is tried again. */
const notPermittedMs = 3_600_000

/** The error classes of a lost connection. */
const lossClasses: ReadonlySet<string> = new Set(['network', 'shutdown'])

/** The time after which a query that still fails is checked for refusals again. */
const examinationMs = 3_600_000

/** Polls one server. All times are in milliseconds of one clock. */
export class ServerPoller {
  readonly snapshots: Snapshots
  readonly limiter: ConnectionLimiter
  readonly authFailures = new AuthFailures()
  readonly passwords = new Passwords()
  readonly plan: ServerPlan
  readonly #options: PollerOptions
  readonly #memories = new QueryMemories()
  readonly #identities = new ServerIdentities()
  /** Increases when another server replaces the previous one. */
  #serverNumber = 0
  #server: Server
  #queries: readonly Query[]
  #discovery: DatabaseDiscovery
  #databases: ReadonlyMap<string, PolledDatabase> = new Map()
  #added = 0
  readonly #createdAt: number
  #timing: CycleTiming
  /** The end of the introduction, in which cycles only connect; undefined after it. */
  #introducedAt: number | undefined
  #hasNewList = false
  /** Server-wide queries being polled, by name and database. The plan may move such a query during the poll. */
  readonly #inProgress = new Set<string>()
  #ownRoles: ReadonlySet<string> = new Set()
  #usedBytes: number | undefined
  #described = ''
  #isDescribed = false
  readonly #advised = new Set<string>()
  #isReady = false
  #isStopped = false
  #revision = 0

  constructor(server: Server, options: PollerOptions, now: number) {
    this.#server = server
    this.#options = options
    this.#queries = options.queries
    this.#createdAt = now
    this.#timing = this.#timingAt(now)
    this.snapshots = new Snapshots(server.name)
    this.limiter = new ConnectionLimiter(server.maxSessions)
    this.plan = new ServerPlan()
    this.#discovery = new DatabaseDiscovery(options.discoverySeconds)
    this.#reconcile(now)
  }

  get server(): Server {
    return this.#server
  }

  get states(): readonly DatabaseState[] {
    return this.#all.map(({ state }) => state)
  }

  /** The names of the databases, in the configured order. */
  get names(): readonly string[] {
    return [...this.#databases.keys()]
  }

  /** The interval of each database's cycles, in seconds. */
  get intervals(): ReadonlyMap<string, number> {
    return new Map(this.#all.map(({ name, intervalSeconds }) => [name, intervalSeconds]))
  }

  /** The time of the end of each database's last cycle; before its first, that at which it was added. */
  get cycleEnds(): ReadonlyMap<string, number> {
    return new Map(this.#all.map(({ name, cycleEndedAt }) => [name, cycleEndedAt]))
  }

  /** The budgeted interval, in seconds. */
  get budgetedInterval(): number {
    const isSpread = keepableSessions(this.#sessionNeeds).size < this.#permitted.length
    const { unitSeconds } = this.#timing
    return isSpread ? budgetedInterval(this.#permitted.length, this.#costShare, unitSeconds) : unitSeconds
  }

  get openSessions(): number {
    return this.#open.length
  }

  /** Whether the last discovery succeeded; undefined if discovery is not configured or was not attempted yet. */
  get isDiscovered(): boolean | undefined {
    return this.#server.discovery === undefined ? undefined : this.#discovery.hasSucceeded
  }

  /** The databases that would be discovered if the role could connect. */
  get closed(): readonly string[] {
    return this.#discovery.closedOf(this.#server)
  }

  /** Whether a connection to every database was attempted, and every planned query has been polled once. It remains true after later changes. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** The revision: a number that increases with every step that may change the series of this server, except `openSessions`. */
  get revision(): number {
    return this.#revision + this.snapshots.revision
  }

  /** A function that reports whether series of a database are exported now. Later changes do not affect it. */
  get isShown(): (datname: string) => boolean {
    return this.#discovery.visibilityOf(this.#server)
  }

  /** Bytes used on the disk of the server according to the query `disk`; undefined while unknown. */
  usedBytes(now: number): number | undefined {
    const snapshot = this.snapshots.get('', 'disk')
    return snapshot !== undefined && isFresh(snapshot, now) ? this.#usedBytes : undefined
  }

  /** The databases whose cycle is due. */
  due(now: number): readonly string[] {
    this.#introduce(now)
    return this.#all.flatMap((polled) => (this.#nextCycleOf(polled) <= now ? [polled.name] : []))
  }

  /** The time at which the next cycle is due, except those of the given databases. */
  nextCycle(except: { readonly has: (name: string) => boolean }): number {
    return Math.min(...this.#all.map((polled) => (except.has(polled.name) ? Number.POSITIVE_INFINITY : this.#nextCycleOf(polled))))
  }

  /**
   * Starts the introduction, in which cycles only connect. It ends when a connection to each of the first databases was
   * attempted, and at the deadline at the latest. The database of a server-wide query depends on what each role sees.
   */
  introduceUntil(deadline: number): void {
    this.#introducedAt = deadline
  }

  endIntroduction(): void {
    this.#introducedAt = undefined
  }

  /** Starts a cycle; undefined if the database was removed or has a cycle in progress. */
  begin(name: string, now: number): Cycle | undefined {
    const polled = this.#databases.get(name)
    if (polled === undefined || polled.cycle !== undefined || this.#isStopped) return undefined
    // As in `due`: a cycle that is due and does not start would be started again without end.
    if (now < polled.notBefore && !polled.isHurried) return undefined
    polled.isHurried = false
    const known = polled.introduction?.kind === 'connected' && polled.session === undefined ? undefined : polled.introduction
    const serverNumber = this.#serverNumber
    polled.cycle = { name, startedAt: now, known, queries: this.#queries, serverNumber, learnedAt: now, found: undefined, due: [] }
    polled.introduction = undefined
    return polled.cycle
  }

  /** The current configuration of the database of a cycle; undefined if the database was removed. */
  databaseOf(cycle: Cycle): Database | undefined {
    return this.#polledIn(cycle)?.database
  }

  /** Whether the kept session of a cycle belongs to a server that was replaced by another one. */
  isOfReplacedServer(cycle: Cycle): boolean {
    const polled = this.#polledIn(cycle)
    return polled?.session !== undefined && polled.serverNumber !== this.#serverNumber
  }

  /** Whether the database is not polled because the server has too few free connections. */
  isDeferred(name: string): boolean {
    return this.limiter.isTight && name !== this.#leader()
  }

  /** The properties that a cycle reads in its session in addition to the facts of the database. */
  wanted(cycle: Cycle, session: Session, isNew: boolean, now: number): Wanted {
    const { name } = cycle
    // From now on the session counts among those of pgvitals, also for the limits that other cycles read.
    this.#polledIn(cycle)?.opened(session)
    const isLeader = name === this.#leader(name)
    return {
      // A pooler may switch to another server within a session.
      identity: isNew || session.isPooled,
      limits: isNew || isLeader,
      refusals: this.refusalsOf(cycle),
      discovery: isLeader && this.#discovery.isDue(this.#server, now) ? this.#server.discovery : undefined
    }
  }

  /** Applies the result of connecting and determines the due queries. */
  learn(cycle: Cycle, found: Found, now: number): void {
    const polled = this.#polledIn(cycle)
    if (polled?.cycle === undefined) return
    this.#revision++
    polled.cycle.found = found
    polled.cycle.learnedAt = now
    // It may have connected to the replaced server.
    if (this.#isOutdated(polled.cycle)) return
    if (found !== cycle.known) this.#take(polled, found, now)
    this.#replan(now)
    this.#introduce(now, polled)
    if (this.#introducedAt === undefined) polled.cycle.due = this.#dueIn(polled, now)
  }

  /** The next query to poll in the cycle; undefined if there is none. */
  next(cycle: Cycle, now: number): DueQuery | undefined {
    const polled = this.#polledIn(cycle)
    if (polled?.cycle === undefined || this.#isOutdated(polled.cycle)) return undefined
    for (let first = polled.cycle.due.shift(); first !== undefined; first = polled.cycle.due.shift()) {
      // During the cycle a reload may have removed the query, or the plan may have moved it to another database.
      const planned = this.plan.running(first.datname, first.query.name)
      if (planned?.database !== polled.name) continue
      const { query, sql } = planned
      const { session } = polled
      const isLate = query.intervalSeconds > longestCycleSeconds && this.#isLate(polled, now - polled.cycle.learnedAt, query)
      if (session === undefined || sql === undefined) {
        this.#failUnpolled(polled, planned)
      } else if (!isLate && !this.#inProgress.has(placeOf(planned))) {
        if (query.scope === 'server') this.#inProgress.add(placeOf(planned))
        return dueQuery(planned, sql, polled, session, {
          server: this.#server,
          databases: this.#permitted.length,
          discovery: this.#discovery,
          snapshots: this.snapshots,
          memories: this.#memories,
          ownRoles: this.#ownRoles,
          seenUntil: this.#options.scrapers.seenUntil(this.#server.name, now)
        })
      }
    }
    return undefined
  }

  /** Whether a cycle that polls for this time starts no more queries of long intervals. */
  #isLate({ name, database }: PolledDatabase, pollingMs: number, { scope }: Query): boolean {
    if (pollingMs > longestCycleSeconds * 1000) return true
    // A kept session does not release its permit. Server-wide queries serve all databases.
    const isShort = scope === 'database' && pollingMs > slowMs && this.limiter.isAwaited(database.connection.user)
    return isShort && !keptSessions(this.#sessionNeeds).has(name)
  }

  /** The functions and relations that the server refuses in the database of a cycle. */
  refusalsOf(cycle: Cycle): Refusals {
    return this.#polledIn(cycle)?.refusals ?? noRefusals
  }

  /** Whether a failed poll may be due to a refusal, and was not checked for refusals recently. */
  mayBeRefused(cycle: Cycle, { query }: DueQuery, { errorClass }: Failure, now: number): boolean {
    const polled = this.#polledIn(cycle)
    if (polled === undefined || !refusalClasses.has(errorClass) || now < (polled.examinedAt.get(query.name) ?? 0)) return false
    polled.examinedAt.set(query.name, now + examinationMs)
    return true
  }

  /** Adds the refusals of a query that failed, and plans again. Returns whether there are any. */
  refused(cycle: Cycle, { query, datname }: DueQuery, refusals: readonly Refusal[], now: number): boolean {
    const polled = this.#polledIn(cycle)
    if (polled?.cycle === undefined || refusals.length === 0) return false
    polled.examinedAt.delete(query.name)
    if (polled.cycle.queries !== this.#queries || this.#isOutdated(polled.cycle)) return false
    if (query.scope === 'server') this.#inProgress.delete(placeOf({ query, datname }))
    this.#revision++
    polled.refused(refusals)
    this.#logRefusals(polled)
    this.#replan(now)
    const planned = this.plan.running(datname, query.name)
    if (planned?.database === polled.name) polled.cycle.due.unshift(planned)
    return true
  }

  /** Applies the outcome of a poll. */
  done(cycle: Cycle, { query, datname, contributors }: DueQuery, outcome: Outcome, now: number): void {
    if (query.scope === 'server') this.#inProgress.delete(placeOf({ query, datname }))
    const polled = this.#polledIn(cycle)
    const planned = this.plan.running(datname, query.name)
    if (polled?.cycle === undefined || planned === undefined || this.#isOutdated(polled.cycle)) return
    this.#revision++
    // A database that began to contribute during the poll counts its statements itself.
    if (query.statements?.kind === 'counts' && !isDeepStrictEqual(contributors, planned.contributors)) return
    const intervalSeconds = polled.intervalOf(planned)
    const { log } = this.#options
    const place = { server: this.#server.name, datname, query: query.name }
    const last = this.snapshots.get(datname, query.name)?.failure
    const { result, failure, seconds, isUntried } = outcome
    if (result === undefined) {
      this.snapshots.fail(datname, query.name, intervalSeconds, seconds, failure)
    } else {
      const { rows, texts, rendered, values } = result
      const roles = polled.state.facts?.roles
      this.snapshots.put({ datname, query: query.name, intervalSeconds, succeededAt: now, seconds, rows, texts, rendered, roles, failure })
      // If the database stops contributing, the earlier counters of the server for it must not reappear.
      if (query.statements?.kind === 'counts' && datname !== '') this.snapshots.withdraw(datname, query.name)
      if (query.name === 'disk') {
        const [usedBytes, missing] = values
        // An incomplete sum would overstate the free space.
        this.#usedBytes = failure === undefined && missing === 0 ? usedBytes : undefined
      }
    }
    if (failure !== undefined) {
      if (last?.errorClass !== failure.errorClass) {
        log.warn({ ...place, database: cycle.name, file: query.file, class: failure.errorClass }, `query failed: ${failure.message}`)
      }
      // Another database could not read the missing parts of a result either.
      const isAvoided = !isUntried && (result === undefined || query.statements !== undefined)
      if (isAvoided && this.plan.failed(query, cycle.name, failure.errorClass, now)) this.#tidy()
    } else if (last !== undefined) {
      log.info(place, 'query succeeds again')
    }
    polled.costs.polled(query.name, seconds, failure?.errorClass === 'lock')
    // The server reports the end of a session before it closes the connection.
    const isLost = failure !== undefined && (polled.session === undefined || lossClasses.has(failure.errorClass))
    const waitSeconds = polled.waitAfter(query.name, intervalSeconds, isLost)
    polled.schedule.polled({ name: query.name, intervalSeconds: waitSeconds }, now)
  }

  /** Ends the cycle: applies a new list of databases, plans the next cycle and determines whether the session is kept. */
  finish(cycle: Cycle, now: number): SessionEnd {
    const polled = this.#polledIn(cycle)
    if (polled?.cycle === undefined) return 'close'
    this.#revision++
    const { found } = polled.cycle
    if (this.#isOutdated(polled.cycle)) {
      polled.disconnected()
      polled.cycle = undefined
      return 'close'
    }
    if (this.#hasNewList) this.#reconcile(now)
    const isIntroduction = this.#introducedAt !== undefined
    const end = this.#sessionEnd(polled, now)
    if (end !== 'keep') polled.disconnected()
    if (isIntroduction) {
      // The next cycle uses an open session or a failure; a closed session is opened again.
      polled.introduction = end === 'keep' || found?.kind !== 'connected' ? found : undefined
    } else {
      // A cycle that could not connect does not change the estimated cost.
      if (found?.kind === 'connected') polled.costs.cycled(found.isNew ? found.seconds : undefined)
      this.#setIntervals(now)
      polled.cycleEnded(cycle.startedAt, now, this.plan.runningIn(polled.name), this.#backOffSeconds(polled, found, now))
      // Unreachable servers are tried one after the other, not all at once before each scrape.
      if (polled.state.failure?.errorClass === 'network') polled.moveToPhase(phaseOf(hashOf(this.#server.name)), now)
    }
    polled.cycle = undefined
    this.#introduce(now)
    this.#isReady ||=
      this.states.every(wasReached) && this.plan.all.every((planned) => planned.skipped !== undefined || this.#wasPolled(planned))
    return end
  }

  /**
   * Applies a new configuration of the same server. Databases that did not change are not affected. A database with
   * other connection parameters gets a new session in its next cycle. Removed databases lose their series.
   */
  update(server: Server, queries: readonly Query[], now: number): void {
    if (addressOf(server) !== addressOf(this.#server)) this.#discovery = new DatabaseDiscovery(this.#options.discoverySeconds)
    // What was refused may be refused to the previous SQL of a query only.
    if (queries !== this.#queries) for (const polled of this.#all) polled.forgetRefusals()
    this.#revision++
    this.#server = server
    this.#queries = queries
    this.#reconcile(now)
    for (const polled of this.#all) polled.schedule.limitWaits(polled.timed(this.plan.runningIn(polled.name)), now)
  }

  /** Whether the configuration is this one, so that `update` would change nothing. */
  isConfigured(server: Server, queries: readonly Query[]): boolean {
    return queries === this.#queries && isDeepStrictEqual(server, this.#server)
  }

  /** Retries rejected credentials immediately: all of them, or those read from one of these files. */
  retryCredentials(files: readonly string[] | undefined): void {
    this.authFailures.forget(files)
    for (const polled of this.#all) {
      const file = fileOf(polled.database.connection.password)
      const isConcerned = files === undefined || (file !== undefined && files.includes(file))
      if (isConcerned && polled.state.failure?.errorClass === 'auth') polled.hurry()
    }
  }

  /** A scrape was recorded. Ends the long interval of a server that was not scraped. Returns whether the next cycle may have changed. */
  scraped(now: number): boolean {
    if (this.#timing.grid === undefined || this.#timing.grid.scrapeAt !== undefined) return false
    this.#revision++
    this.#setIntervals(now)
    return true
  }

  stop(): void {
    this.#isStopped = true
  }

  get #all(): readonly PolledDatabase[] {
    return [...this.#databases.values()]
  }

  /** The databases that are polled. Those that do not accept the role cost nothing. */
  get #permitted(): readonly PolledDatabase[] {
    return this.#all.filter(({ state }) => !state.isNotPermitted)
  }

  /** The databases in which pgvitals has a session. */
  get #open(): readonly Database[] {
    return this.#all.flatMap(({ database, session }) => (session === undefined ? [] : [database]))
  }

  /** The database of a cycle; undefined if it was removed or replaced by a database of the same name. */
  #polledIn(cycle: Cycle): (PolledDatabase & { cycle: CycleInProgress | undefined }) | undefined {
    const polled = this.#databases.get(cycle.name)
    return polled?.cycle === cycle && !this.#isStopped ? polled : undefined
  }

  #nextCycleOf(polled: PolledDatabase): number {
    if (polled.cycle !== undefined || this.#isStopped) return Number.POSITIVE_INFINITY
    if (polled.isHurried) return Number.NEGATIVE_INFINITY
    if (this.#introducedAt === undefined || polled.state.isNotPermitted) return Math.max(polled.schedule.nextCycle, polled.notBefore)
    return isIntroduced(polled) || !this.#first.includes(polled) ? this.#introducedAt : polled.schedule.nextCycle
  }

  /** The databases that can have a session at the same time under `max_sessions`. */
  get #first(): readonly PolledDatabase[] {
    return this.#all.slice(0, this.#server.maxSessions)
  }

  /** Ends the introduction if each of the first databases, including `current`, was attempted, or if its time has passed. */
  #introduce(now: number, current?: PolledDatabase): void {
    if (this.#introducedAt === undefined) return
    const isComplete = this.#first.every((polled) => polled === current || isIntroduced(polled))
    if (isComplete || now >= this.#introducedAt) this.#introducedAt = undefined
  }

  /** The due queries in their order: short intervals first, because a delay affects them most; counters precede gauges. */
  #dueIn(polled: PolledDatabase, now: number): PlannedQuery[] {
    const { name, schedule } = polled
    const running = this.plan.runningIn(name)
    const byName = new Map(running.map((planned) => [planned.query.name, planned]))
    return schedule
      .due(polled.timed(running), now)
      .flatMap(({ name: due }) => byName.get(due) ?? [])
      .sort((left, right) => left.query.intervalSeconds - right.query.intervalSeconds || countersOf(right) - countersOf(left))
  }

  #take(polled: PolledDatabase, found: Found, now: number): void {
    const { log } = this.#options
    const { name } = polled
    const server = this.#server.name
    if (found.kind === 'deferred') {
      polled.deferred()
    } else if (found.kind === 'failed') {
      const { failure } = found
      const isNews = polled.state.failure?.errorClass !== failure.errorClass
      const isNotPermitted = this.#isNotPermitted(polled, failure)
      const place = { server, database: name, class: failure.errorClass }
      if (isNews && isNotPermitted) log.info(place, `not permitted to connect, trying again in an hour: ${failure.message}`)
      if (isNews && !isNotPermitted) log.error(place, `cannot connect: ${failure.message}`)
      if (isNotPermitted) polled.notPermitted(failure, now + notPermittedMs)
      else polled.failed(failure)
      const isLeader = name === this.#leader()
      if (failure.errorClass === 'network') this.limiter.unreachable(now)
      if (isLeader && this.#server.discovery !== undefined) this.#discoveryFailed(`cannot connect to database ${name}`)
    } else {
      if (!polled.state.isUp) log.info({ server, database: name, role: found.facts.role }, 'connected')
      polled.connected(found, now)
      this.#takeIdentity(polled, now)
      if (polled.cycle?.queries !== this.#queries) polled.forgetRefusals()
      this.#logRefusals(polled)
      this.#takeServerFacts(polled, found, now)
    }
  }

  #isOutdated({ serverNumber }: CycleInProgress): boolean {
    return serverNumber !== this.#serverNumber
  }

  /** Drops everything that was learned from a server or a database if another one of the same name responds. */
  #takeIdentity(polled: PolledDatabase, now: number): void {
    const { identity, facts } = polled.state
    const longestMs = 1000 * Math.max(...this.intervals.values())
    const isReplaced = this.#identities.responded({ identity, major: facts?.version[0] }, now, longestMs)
    if (isReplaced) this.#serverReplaced(polled)
    polled.serverNumber = this.#serverNumber
    const oid = facts?.databaseOid
    const isOther = oid !== undefined && polled.isReplacedBy(oid, now, severalMs(longestMs))
    // The databases of several servers may have different identifiers.
    if (isOther && !this.#identities.areSeveral) this.#databaseReplaced(polled)
  }

  /** The other databases connect again, because their sessions may belong to the replaced server. */
  #serverReplaced(by: PolledDatabase): void {
    const { facts, identity } = by.state
    const which = `PostgreSQL ${facts?.version.join('.')}${identity?.systemIdentifier ? `, system identifier ${identity.systemIdentifier}` : ''}`
    this.#options.log.warn(
      { server: this.#server.name, database: by.name },
      `another server responds (${which}); dropping the results of the previous one`
    )
    this.#serverNumber++
    if (by.cycle !== undefined) by.cycle.serverNumber = this.#serverNumber
    this.snapshots.clear()
    this.#memories.serverReplaced()
    this.plan.serverReplaced()
    this.#discovery.serverReplaced()
    this.#usedBytes = undefined
    this.#advised.clear()
    this.authFailures.forget(undefined)
    const { state } = by
    for (const polled of this.#all) polled.forgetServer()
    by.state = state
    by.isHurried = false
  }

  /** A database was dropped and created again, or another one has received its name. */
  #databaseReplaced(polled: PolledDatabase): void {
    const { name } = polled
    this.#options.log.info(
      { server: this.#server.name, database: name },
      'another database of this name responds; dropping the results of the previous one'
    )
    this.snapshots.keepOnly((datname) => datname !== name)
    this.#memories.forget(name)
    polled.forgetRefusals()
    polled.schedule.forget()
    for (const { datname, query } of this.snapshots.all()) {
      if (datname !== '' || !this.snapshots.withdraw(name, query)) continue
      const host = this.plan.running('', query)?.database
      if (host !== undefined) this.#databases.get(host)?.schedule.forget(query)
    }
  }

  /**
   * Whether a discovered database that has never accepted a connection does not accept the role. A credential that no other
   * database accepts is wrong, and a server without free connections accepts no role: both are failures.
   */
  #isNotPermitted({ name, database, state }: PolledDatabase, { errorClass }: Failure): boolean {
    if (state.facts !== undefined || this.#server.databases.some((declared) => declared.name === name)) return false
    const { user, password } = database.connection
    const isAccepted = this.#all.some(
      ({ database: { connection }, state: { isUp } }) =>
        isUp && connection.user === user && isDeepStrictEqual(connection.password, password)
    )
    if (errorClass === 'auth') return isAccepted
    if (errorClass === 'too_many_connections') return this.#discovery.isFull(name)
    return errorClass === 'privilege' || errorClass === 'prerequisite' || errorClass === 'no_database'
  }

  /** Logs each refused function, relation or query once per server. */
  #logRefusals({ name, refusals }: PolledDatabase): void {
    for (const { key, message, errorClass } of refusals.values()) {
      const text = key.startsWith('query ')
        ? `${key} is skipped, because the server refuses it; it is tried again in an hour: ${message}`
        : `the server refuses ${key}; columns that depend on it are not exported; it is tried again in an hour: ${message}`
      if (!this.#advised.has(text)) this.#options.log.warn({ server: this.#server.name, database: name, class: errorClass }, text)
      this.#advised.add(text)
    }
  }

  #takeServerFacts(polled: PolledDatabase, { limits, listed, wasRejected }: Connected, now: number): void {
    if (limits !== undefined) this.limiter.learn(polled.database, limits.value, this.#open, now)
    if (listed !== undefined && 'message' in listed) {
      this.#discoveryFailed(listed.message, now)
    } else if (listed !== undefined) {
      this.#discovery.succeeded(listed, now)
      this.#hasNewList = true
    }
    if (wasRejected) for (const other of this.#all) if (other.state.failure?.errorClass === 'auth') other.hurry()
  }

  #discoveryFailed(message: string, now?: number): void {
    if (!this.#discovery.failed(message, now)) return
    this.#options.log.warn({ server: this.#server.name }, `database discovery failed, keeping the last list: ${message}`)
  }

  /** Adds, changes and removes databases according to the configuration and the discovery. */
  #reconcile(now: number): void {
    const previous = this.#databases
    const databases = this.#discovery.databasesOf(this.#server)
    this.limiter.configure(this.#server.maxSessions, now)
    this.#databases = new Map(
      databases.map((database) => {
        const known = previous.get(database.name)
        if (known === undefined) return [database.name, this.#add(database, now)]
        const isReachedDifferently = !isDeepStrictEqual(known.database.connection, database.connection)
        const hasAppeared = this.#hasNewList && known.state.failure?.errorClass === 'no_database' && this.#discovery.has(database.name)
        // The same object while the declared access has not changed, so that nothing is planned again.
        const access = isDeepStrictEqual(known.database.access, database.access) ? known.database.access : database.access
        known.database = { ...database, access }
        if (isReachedDifferently) known.introduction = undefined
        const hasChanged = this.#hasNewList && known.state.isNotPermitted && this.#discovery.hasChanged(database.name)
        if (isReachedDifferently || hasAppeared || hasChanged) known.hurry()
        return [database.name, known]
      })
    )
    for (const name of previous.keys()) if (!this.#databases.has(name)) this.#memories.forget(name)
    this.#hasNewList = false
    this.#replan(now)
    this.#setIntervals(now)
  }

  #add(database: Database, now: number): PolledDatabase {
    const added = new PolledDatabase(database, this.#timing.unitSeconds, phaseOf(this.#added++), now)
    const isDeclared = this.#server.databases.some(({ name }) => name === database.name)
    const full: Failure = { errorClass: 'too_many_connections', message: 'the connection limit of the database is reached' }
    if (!isDeclared && this.#discovery.isFull(database.name)) {
      added.notPermitted(full, now + notPermittedMs)
      const place = { server: this.#server.name, database: database.name }
      this.#options.log.info(place, `not permitted to connect, trying again in an hour: ${full.message}`)
    }
    return added
  }

  #replan(now: number): void {
    // A database that has never responded, or does not accept the role, has no queries.
    const candidates = this.#permitted.flatMap(({ database, state: { name, isUp, facts }, refusals }) =>
      facts === undefined ? [] : [{ name, isUp, facts, access: database.access, detail: detailsOf(this.#server, database), refusals }]
    )
    if (this.plan.update(this.#queries, candidates, now)) {
      this.#tidy()
      this.#ownRoles = new Set(this.#all.flatMap(monitoringRolesOf))
      this.#isDescribed = false
    }
    if (!this.#isDescribed) this.#describe(candidates)
  }

  /** Deletes the snapshots of queries that no longer run, and the state of databases that no longer contribute. */
  #tidy(): void {
    const isRunning = (datname: string, query: string) => this.plan.running(datname, query) !== undefined
    this.snapshots.keepOnly(isRunning)
    this.#memories.keepContributors(isRunning)
  }

  /** Logs the plan and blind spots, one line each, if they have changed, after a connection to every database was attempted. */
  #describe(candidates: readonly Candidate[]): void {
    if (candidates.length === 0 || this.states.some((state) => state.failures === 0 && !state.isUp)) return
    this.#isDescribed = true
    const { log } = this.#options
    const described = describePlan(this.#server.name, this.plan.all)
    if (described !== this.#described) log.info(described)
    this.#described = described
    for (const advice of grantAdvice(candidates)) {
      if (!this.#advised.has(advice)) log.warn(`server ${this.#server.name}: ${advice}`)
      this.#advised.add(advice)
    }
  }

  #wasPolled({ query, datname }: PlannedQuery): boolean {
    return this.snapshots.get(datname, query.name) !== undefined
  }

  #failUnpolled(polled: PolledDatabase, planned: PlannedQuery): void {
    const lost: Failure = { errorClass: 'network', message: 'the connection was lost during the poll cycle' }
    const { query, datname } = planned
    this.snapshots.fail(datname, query.name, polled.intervalOf(planned), 0, polled.state.failure ?? lost)
  }

  #backOffSeconds({ name, state }: PolledDatabase, found: Found | undefined, now: number): number {
    const wait = name === this.#leader() ? this.limiter.waitSeconds : 0
    if (found?.kind !== 'failed') return wait
    const { errorClass } = found.failure
    if (errorClass === 'too_many_connections' || errorClass === 'no_database') return Math.max(wait, backOffSeconds(state.failures))
    const rejected = found.credential && this.authFailures.current(found.credential, now)
    // An unreachable server is retried at every interval: after a restart, its metrics return within one interval.
    return rejected === undefined ? wait : Math.max(wait, (rejected.retryAt - now) / 1000)
  }

  #sessionEnd(polled: PolledDatabase, now: number): SessionEnd {
    const isPolled = this.#databases.get(polled.name) === polled
    if (!isPolled || polled.session === undefined || !keptSessions(this.#sessionNeeds).has(polled.name)) return 'close'
    return polled.sessionAgeSeconds(now) > this.#options.sessionMaxAgeSeconds ? 'replace' : 'keep'
  }

  /** Sets the interval of each database. If the limits do not allow a session for each database, the interval depends on the cost of the cycles. */
  #setIntervals(now: number): void {
    const keepable = keepableSessions(this.#sessionNeeds)
    this.#timing = this.#timingAt(now)
    const { unitSeconds: unit, grid } = this.#timing
    const intervals = keepable.size < this.#permitted.length ? this.#affordableIntervals(unit) : new Map<string, number>()
    for (const polled of this.#all) {
      const { name } = polled
      if (!polled.setInterval({ seconds: intervals.get(name) ?? unit, isSpread: !keepable.has(name), grid }, unit, now)) continue
      const running = this.plan.runningIn(name)
      polled.schedule.limitWaits(polled.timed(running), now)
      for (const planned of running) this.snapshots.extend(planned.datname, planned.query.name, polled.intervalOf(planned))
    }
  }

  #affordableIntervals(unitSeconds: number): ReadonlyMap<string, number> {
    const own = (name: string) => this.plan.runningIn(name).flatMap(({ query, datname }) => (datname === '' ? [] : [query]))
    const demands = new Map(this.#permitted.map(({ name, costs }) => [name, costs.demand(own(name))]))
    return cycleIntervals(demands, this.#costShare, unitSeconds, this.intervals)
  }

  get #costShare(): number {
    return this.#server.pollCostShare ?? this.#options.pollCostShare
  }

  get #sessionNeeds(): SessionNeeds {
    const databases = this.#permitted.map(({ database }) => database)
    const countsStatements = (name: string) => this.plan.runningIn(name).some(({ query }) => query.statements?.kind === 'counts')
    const unidentified = this.#all.flatMap(({ name, state: { identity } }) =>
      identity === undefined && countsStatements(name) ? [name] : []
    )
    return {
      server: this.#server,
      databases,
      leader: this.#leader(),
      hosts: this.plan.hosts,
      unidentified: new Set(unidentified),
      limiter: this.limiter
    }
  }

  /** `reached` is a database that has responded and whose state is not updated yet. */
  #leader(reached?: string): string | undefined {
    return leaderOf(this.#server, (name) => name === reached || this.#databases.get(name)?.state.isUp === true)
  }

  #timingAt(now: number): CycleTiming {
    const { scrapers } = this.#options
    const { name } = this.#server
    const shortest = Math.min(15, ...this.#queries.map(({ intervalSeconds }) => intervalSeconds))
    return cycleTimingOf(shortest, scrapers.regular(name, now), scrapers.isIdle(name, this.#createdAt, now), this.#timing)
  }
}

function placeOf({ query, datname }: Pick<PlannedQuery, 'query' | 'datname'>): string {
  return `${query.name}\n${datname}`
}

function countersOf({ query: { columns } }: PlannedQuery): number {
  return Number(columns.some(({ kind }) => kind === 'counter'))
}

/**
 * The role of a database if it only monitors. A role without pg_read_all_stats is assumed to be shared with an
 * application: it can read no other statements than its own.
 */
function monitoringRolesOf({ database: { connection }, state: { facts } }: PolledDatabase): readonly string[] {
  if (facts === undefined) return [connection.user]
  return facts.capabilities.has('pg_read_all_stats') ? [connection.user, facts.role] : []
}

function hashOf(text: string): number {
  return Buffer.from(text).reduce((hash, byte) => (hash * 31 + byte) % 65_521, 0)
}

/** Whether the first cycle of a database has ended: it connected, failed or was deferred. */
function wasReached({ isUp, failure }: DatabaseState): boolean {
  return isUp || failure !== undefined
}

/** Whether a connection was attempted, which reveals what the role sees. */
function isIntroduced({ introduction, state }: PolledDatabase): boolean {
  return introduction !== undefined || state.isUp || state.isNotPermitted
}
