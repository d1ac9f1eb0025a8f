import type { Query } from '../query/query.ts'
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
  #isReady = false

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

  /** Whether every chosen query has once been tried; one that can be asked only later does not take it back. */
  get isReady(): boolean {
    const { snapshots } = this.#records
    this.#isReady ||= this.#places().every((place) => snapshots.get(place) !== undefined)
    return this.#isReady
  }

  /** Chooses anew where anything has changed. */
  make(queries: readonly Query[], states: readonly DatabaseState[]): void {
    const madeOf = [queries, ...states.flatMap(({ name, isUp, facts }) => [name, isUp, facts])]
    if (madeOf.length === this.#madeOf.length && madeOf.every((one, index) => one === this.#madeOf[index])) return
    this.#madeOf = madeOf
    this.#all = chooseQueries(queries, states)
    const byDatabase = new Map<string, Query[]>()
    for (const { query, database, skipped } of this.#all) {
      const chosen = byDatabase.get(database) ?? []
      if (skipped === undefined) byDatabase.set(database, [...chosen, query])
    }
    this.#byDatabase = byDatabase
    this.tidy()
  }

  /** Forgets the snapshots of what does not run. */
  tidy(): void {
    this.#records.snapshots.keepOnly(this.#server, this.#places())
  }

  /** Says in one log line what runs when it differs from the last time, once every database has been tried. */
  describe(states: readonly DatabaseState[]): void {
    const described = describeChoices(this.#server, this.#all)
    if (described === this.#described || states.some((state) => state.failures === 0 && !state.isUp)) return
    this.#described = described
    this.#records.log.info(described)
  }

  /** Where the snapshots of the chosen queries stand. */
  #places(): readonly Place[] {
    const running = this.#all.filter((choice) => choice.skipped === undefined)
    return running.map(({ query, database }) => placeOf(query, this.#server, database))
  }
}
