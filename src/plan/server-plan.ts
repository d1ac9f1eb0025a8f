import type { Query } from '../query/query.ts'
import type { ErrorClass } from '../server/error-class.ts'
import type { Facts } from '../server/facts.ts'
import { type Candidate, type DatabasePlan, groupVariants, joinPlans, type PlannedQuery, planDatabase } from './plan-queries.ts'

/**
 * The time for which a server-wide query avoids a database after a privilege or encoding error there. Then the
 * privilege may have been granted, or the text evicted.
 */
const avoidSeconds: Partial<Record<ErrorClass, number>> = { privilege: 600, encoding: 3600 }

/** A database that a server-wide query avoids. What the server refuses permanently is in `Candidate.refusals`. */
interface Avoidance {
  /** The facts at that time. If they change, the query may run there again. */
  readonly facts: Facts | undefined
  readonly until: number
}

/** The current plan of one server. Only changed databases are planned again. Times are in milliseconds of one clock. */
export class ServerPlan {
  #queries: readonly Query[] | undefined
  #variants: ReadonlyMap<string, readonly Query[]> = new Map()
  #databases: ReadonlyMap<string, DatabasePlan> = new Map()
  readonly #avoided = new Map<string, Avoidance>()
  #all: readonly PlannedQuery[] = []
  #byDatabase: ReadonlyMap<string, readonly PlannedQuery[]> = new Map()
  #byPlace: ReadonlyMap<string, PlannedQuery> = new Map()

  /** Every query with its database, or the reason why it is skipped. */
  get all(): readonly PlannedQuery[] {
    return this.#all
  }

  /** The planned query that returns the rows of a database (`''` for a server-wide query) if it runs. */
  running(datname: string, query: string): PlannedQuery | undefined {
    return this.#byPlace.get(keyOf(query, datname))
  }

  /** The queries that run in a database. */
  runningIn(database: string): readonly PlannedQuery[] {
    return this.#byDatabase.get(database) ?? []
  }

  /** The databases in which server-wide queries run, except those that contribute only their own rows. */
  get hosts(): readonly string[] {
    const running = this.#all.filter(({ datname, skipped }) => datname === '' && skipped === undefined)
    return [...new Set(running.map(({ database }) => database))]
  }

  /**
   * Updates the plan if the queries, the databases, their order, state, facts or declared access have changed. Returns
   * whether it has changed.
   */
  update(queries: readonly Query[], candidates: readonly Candidate[], now: number): boolean {
    const hasNewQueries = queries !== this.#queries
    if (hasNewQueries) this.#variants = groupVariants(queries)
    this.#queries = queries
    const before = this.#databases
    this.#databases = new Map(
      candidates.map((candidate) => {
        const known = before.get(candidate.name)
        const isSame = known !== undefined && !hasNewQueries && isEqual(known.candidate, candidate)
        return [candidate.name, isSame ? known : planDatabase(this.#variants, candidate)]
      })
    )
    const names = [...before.keys()]
    const isSame =
      names.length === this.#databases.size &&
      [...this.#databases].every(([name, plan], index) => names[index] === name && before.get(name) === plan)
    if (isSame && !this.#hasExpired(now)) return false
    this.#join(now)
    return true
  }

  /**
   * Records a failed poll. After a privilege or encoding error, a server-wide query moves to another database, or its
   * database no longer contributes. Returns whether the plan has changed.
   */
  failed(query: Query, database: string, errorClass: ErrorClass, now: number): boolean {
    const seconds = avoidSeconds[errorClass]
    if (query.scope === 'database' || seconds === undefined) return false
    const facts = this.#databases.get(database)?.candidate.facts
    this.#avoided.set(keyOf(query.name, database), { facts, until: now + seconds * 1000 })
    this.#join(now)
    return true
  }

  /** Forgets which databases server-wide queries avoid. The next update takes effect on all of them. */
  serverReplaced(): void {
    this.#avoided.clear()
  }

  #join(now: number): void {
    for (const [key, { until }] of this.#avoided) if (until <= now) this.#avoided.delete(key)
    this.#all = joinPlans([...this.#databases.values()], (query, database) => {
      const avoided = this.#avoided.get(keyOf(query, database))
      return avoided !== undefined && avoided.facts === this.#databases.get(database)?.candidate.facts
    })
    const byDatabase = new Map<string, PlannedQuery[]>()
    for (const planned of this.#all) {
      if (planned.skipped !== undefined) continue
      const running = byDatabase.get(planned.database)
      if (running === undefined) byDatabase.set(planned.database, [planned])
      else running.push(planned)
    }
    this.#byDatabase = byDatabase
    const running = this.#all.filter(({ skipped }) => skipped === undefined)
    this.#byPlace = new Map(running.map((planned) => [keyOf(planned.query.name, planned.datname), planned]))
  }

  #hasExpired(now: number): boolean {
    return [...this.#avoided.values()].some(({ until }) => until <= now)
  }
}

function isEqual(left: Candidate, right: Candidate): boolean {
  const isSameDetail = left.detail?.server === right.detail?.server && left.detail?.database === right.detail?.database
  const isSame = left.isUp === right.isUp && left.facts === right.facts && left.access === right.access
  return isSame && isSameDetail && left.refusals === right.refusals
}

function keyOf(query: string, database: string): string {
  return `${query}\n${database}`
}
