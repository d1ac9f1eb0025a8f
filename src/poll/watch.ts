import type { Query } from '../query/query.ts'
import type { Disk } from '../server/disk.ts'
import { addressOf, type Database, type Server } from '../server/server.ts'
import { boundsOf } from './bounds.ts'
import { diskOf } from './capacity.ts'
import { Choices } from './choices.ts'
import { Credentials } from './credentials.ts'
import type { DatabaseState } from './database-state.ts'
import { type Errand, runErrands } from './errands.ts'
import { Finder } from './finder.ts'
import { phaseOf } from './pace.ts'
import { Pacer } from './pacer.ts'
import { Room } from './room.ts'
import { Round } from './round.ts'
import { isRefused, keptSessions, leaderOf, type Standing } from './standing.ts'
import { Tops } from './tops.ts'
import { Visitor } from './visitor.ts'
import type { WatchOptions } from './watch-options.ts'

/** Watches one server: visits each of its databases on that database's own clock. */
export class Watch {
  /** The file system of the server's data, where it is on this machine. */
  disk: Disk | undefined
  /** Which databases there are. */
  finder: Finder
  readonly #options: WatchOptions
  /** Which queries run where. */
  readonly choices: Choices
  readonly #room: Room
  readonly #credentials = new Credentials(() => {
    for (const round of this.rounds) round.retry('auth')
  })
  readonly #pacer: Pacer
  readonly #tops: Tops
  #databases: readonly Database[] = []
  #rounds: ReadonlyMap<string, Round> = new Map()
  #roundsBegun = 0
  #queries: readonly Query[]
  #server: Server
  #isRunning = false
  #isStopped = false

  constructor(server: Server, options: WatchOptions) {
    this.#server = server
    this.#options = options
    this.#queries = options.queries
    this.choices = new Choices(server.name, options)
    this.#room = new Room(server.maxSessions)
    this.finder = new Finder(options.log, options.discoverySeconds)
    this.#pacer = new Pacer(server.name, options.snapshots, options.visitCostShare)
    this.#tops = new Tops({ databases: () => this.#rounds.size, standStillSeconds: options.standStillSeconds })
    this.disk = diskOf(server, options.log)
    this.#visitThese()
  }

  get server(): Server {
    return this.#server
  }

  /** Of all databases, in the order that decides between equals. */
  get rounds(): readonly Round[] {
    return [...this.#rounds.values()]
  }

  get states(): readonly DatabaseState[] {
    return this.rounds.map(({ state }) => state)
  }

  /** Visits every database now and from then on. */
  async start(): Promise<void> {
    this.disk?.start()
    // Where the server-wide queries run depends on what every role may see; but nobody waits long for a slow database.
    await Promise.race([this.#meetFirst(), new Promise((resolve) => setTimeout(resolve, 500))])
    this.#isRunning = !this.#isStopped
    if (this.#isRunning) for (const round of this.rounds) round.run()
  }

  async visitOnce(): Promise<void> {
    await Promise.all([this.#meetFirst(), this.disk?.measure()])
    await Promise.all(this.rounds.map((round) => round.visit()))
  }

  /**
   * Goes on with another description of the same server. Databases that did not change are not disturbed; one
   * that is reached in another way gets a new session at its next visit; one that is gone ends with its series.
   */
  update(server: Server, queries: readonly Query[]): void {
    if (server.dataDirectory !== this.#server.dataDirectory) {
      this.disk?.stop()
      this.disk = diskOf(server, this.#options.log)
      if (this.#isRunning) this.disk?.start()
    }
    // Another server has other databases.
    if (addressOf(server) !== addressOf(this.#server)) this.finder = new Finder(this.#options.log, this.#options.discoverySeconds)
    this.#server = server
    this.#queries = queries
    this.#visitThese()
    for (const round of this.rounds) round.hasten()
  }

  /** Tries at once what was refused for its credential, all of it or where that stands in one of these files. */
  retryCredentials(files: readonly string[] | undefined): void {
    this.#credentials.forget(files)
    for (const round of this.rounds) round.retryCredential(files)
  }

  /** Prometheus has scraped: visits that fall into that moment move away from it. */
  scraped(now: number): void {
    for (const round of this.rounds) round.scraped(now)
  }

  /** Ends all visits and sessions. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.disk?.stop()
    await Promise.all(this.rounds.map((round) => round.end()))
  }

  /** Of many databases only the first are asked what their roles may see before everything begins. */
  async #meetFirst(): Promise<void> {
    await Promise.all(this.rounds.slice(0, this.#server.maxSessions).map((round) => round.meet()))
  }

  /** Begins, changes and ends rounds, so that there is one for each database. */
  #visitThese(): void {
    if (this.#isStopped) return
    const before = this.#rounds
    this.#databases = this.finder.databasesOf(this.#server)
    this.#room.resize(this.#server.maxSessions)
    this.#rounds = new Map(this.#databases.map((database) => [database.name, before.get(database.name) ?? this.#begin(database)]))
    for (const database of this.#databases) before.get(database.name)?.update(database)
    for (const [name, round] of before) if (!this.#rounds.has(name)) void this.#end(name, round)
    this.choices.make(this.#queries, this.states)
    this.#setPaces()
    if (this.#isRunning) for (const [name, round] of this.#rounds) if (!before.has(name)) round.run()
  }

  #begin(database: Database): Round {
    const { name } = database
    const visitor = new Visitor({
      ...this.#options,
      server: this.#server.name,
      database,
      acquire: (user) => this.#room.acquire(user),
      credentials: this.#credentials,
      isRefused: () => isRefused(name, this.#standing()),
      keepsSession: () => keptSessions(this.#standing()).has(name),
      met: (current, session, isNew) => this.#met({ database: current, session, isNew }),
      bounds: (place) => boundsOf(place, this.#server, this.finder, this.#options.snapshots),
      tops: this.#tops
    })
    return new Round({
      visitor,
      visitIntervalSeconds: this.#unitSeconds,
      phase: phaseOf(this.#roundsBegun++),
      queries: () => this.choices.make(this.#queries, this.states).of(name),
      polled: (query) => this.choices.polled(query, visitor.state),
      waitSeconds: () => (name === leaderOf(this.#standing()) ? this.#room.waitSeconds : 0),
      visited: () => this.#visited(name)
    })
  }

  async #end(name: string, round: Round): Promise<void> {
    this.#tops.forget(name)
    await round.end()
    if (this.#rounds.has(name)) return
    // A poll may have ended since.
    this.choices.tidy()
    await this.#options.meter.forget({ server: this.#server.name, datname: name })
  }

  async #met({ database, session, isNew }: Pick<Errand, 'database' | 'session' | 'isNew'>): Promise<void> {
    const isLeader = database.name === leaderOf(this.#standing())
    const open = () => this.#databases.filter(({ name }) => this.#rounds.get(name)?.hasSession)
    const { failure } = this.#rounds.get(database.name)?.state ?? {}
    const errand = { server: this.#server, database, session, failure, isNew, isLeader, open }
    if (!(await runErrands(errand, this.#room, this.finder))) return
    this.#visitThese()
    for (const round of this.rounds) if (this.finder.has(round.name)) round.retry('no_database')
  }

  #visited(name: string): void {
    this.#pacer.visited(name, this.#rounds.get(name)?.perVisitSeconds ?? 0, this.choices.of(name))
    this.#setPaces()
    this.#options.visited()
  }

  #setPaces(): void {
    this.#pacer.setPaces(this.#rounds, keptSessions(this.#standing()), this.#unitSeconds)
  }

  #standing(): Standing {
    return { server: this.#server, databases: this.#databases, states: this.states, hosts: this.choices.hosts, room: this.#room }
  }

  get #unitSeconds(): number {
    return Math.min(15, ...this.#queries.map((query) => query.intervalSeconds))
  }
}
