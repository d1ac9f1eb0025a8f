import type { Query } from '../query/query.ts'
import type { Facts } from '../server/facts.ts'
import { adviceOf } from './advice.ts'
import { type Choice, chooseQueries } from './choose.ts'
import type { DatabaseState } from './database-state.ts'
import { describeChoices } from './describe.ts'
import { placeOf, type Records } from './record.ts'
import type { Place } from './snapshots.ts'

/** Which queries of one server run where, chosen anew when what is known of its databases changes. */
export class Choices {
  readonly #server: string
  readonly #records: Records
  #byDatabase: ReadonlyMap<string, readonly Query[]> = new Map()
  #all: readonly Choice[] = []
  #madeOf: readonly unknown[] = []
  #described = ''
  readonly #advised = new Set<string>()
  #isDescribed = false
  #isReady = false
  readonly #refusals = new Map<string, { readonly facts: Facts | undefined; readonly until: number }>()

  constructor(server: string, records: Records) {
    this.#server = server
    this.#records = records
  }

  get all(): readonly Choice[] {
    return this.#all
  }

  of(database: string): readonly Query[] {
    return this.#byDatabase.get(database) ?? []
  }

  /** The databases where server-wide queries run. */
  get hosts(): readonly string[] {
    const running = this.#all.filter(({ query, skipped }) => query.scope === 'server' && skipped === undefined)
    return [...new Set(running.map(({ database }) => database))]
  }

  /** Whether every chosen query has once been tried; one that can be asked only later does not take it back. */
  get isReady(): boolean {
    const { snapshots } = this.#records
    this.#isReady ||= this.#places().every((place) => snapshots.get(place) !== undefined)
    return this.#isReady
  }

  /** Chooses anew where anything has changed. */
  make(queries: readonly Query[], states: readonly DatabaseState[]): this {
    const refused = this.#refused(states)
    const madeOf = [
      queries,
      [...refused].join(),
      ...states.flatMap(({ name, isUp, facts, declaresAccess }) => [name, isUp, facts, declaresAccess])
    ]
    const isSame = madeOf.length === this.#madeOf.length && madeOf.every((one, index) => one === this.#madeOf[index])
    if (!isSame) this.#remake(madeOf, queries, states, refused)
    if (!this.#isDescribed) this.#describe(states)
    return this
  }

  #remake(madeOf: readonly unknown[], queries: readonly Query[], states: readonly DatabaseState[], refused: ReadonlySet<string>): void {
    this.#madeOf = madeOf
    this.#isDescribed = false
    this.#all = chooseQueries(queries, states, (query, database) => refused.has(keyOf(query, database)))
    const byDatabase = new Map<string, Query[]>()
    for (const { query, database, skipped } of this.#all) {
      const chosen = byDatabase.get(database) ?? []
      if (skipped === undefined) byDatabase.set(database, [...chosen, query])
    }
    this.#byDatabase = byDatabase
    this.tidy()
  }

  /** A query was asked: when the role may not ask it, or the database's encoding lacks a character of it, another one is tried. */
  polled(query: Query, database: DatabaseState): void {
    const { failure } = this.#records.snapshots.get(placeOf(query, this.#server, database.name)) ?? {}
    const seconds = refusalSeconds[failure?.errorClass ?? '']
    if (query.scope === 'database' || seconds === undefined) return
    this.#refusals.set(keyOf(query.name, database.name), { facts: database.facts, until: performance.now() + seconds * 1000 })
  }

  /** The refusals that still hold: for their time, and while the role is what it was. */
  #refused(states: readonly DatabaseState[]): ReadonlySet<string> {
    const now = performance.now()
    return new Set(
      states.flatMap(({ name, facts }) =>
        [...this.#refusals].flatMap(([key, refusal]) =>
          key.endsWith(`\n${name}`) && refusal.facts === facts && now < refusal.until ? [key] : []
        )
      )
    )
  }

  /** Forgets the snapshots of what does not run. */
  tidy(): void {
    this.#records.snapshots.keepOnly(this.#server, this.#places())
  }

  /** Says in one log line what runs when it differs from the last time, once every database has been tried. */
  #describe(states: readonly DatabaseState[]): void {
    if (states.some((state) => state.failures === 0 && !state.isUp)) return
    this.#isDescribed = true
    const described = describeChoices(this.#server, this.#all)
    if (described === this.#described) return
    this.#described = described
    this.#records.log.info(described)
    for (const advice of adviceOf(states)) {
      if (this.#advised.has(advice)) continue
      this.#advised.add(advice)
      this.#records.log.warn(`server ${this.#server}: ${advice}`)
    }
  }

  /** Where the snapshots of the chosen queries stand. */
  #places(): readonly Place[] {
    const running = this.#all.filter((choice) => choice.skipped === undefined)
    return running.map(({ query, database }) => placeOf(query, this.#server, database))
  }
}

/** How long another database is tried first, by what failed: a right may be granted, a text be evicted. */
const refusalSeconds: Readonly<Record<string, number>> = { privilege: 600, encoding: 3600 }

function keyOf(query: string, database: string): string {
  return `${query}\n${database}`
}
