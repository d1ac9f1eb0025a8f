import type { FamilyText } from '../metric/exposition.ts'
import type { ErrorClass } from '../server/error-class.ts'
import { type Exported, exportedBy, nothing } from './exported.ts'
import type { Rendered } from './poll-result.ts'

/** The reason why a poll or a connection failed. */
export interface Failure {
  readonly errorClass: ErrorClass
  readonly message: string
}

/** The rendered result of the last successful poll of one query, and the outcome of its last poll. */
export interface Snapshot {
  readonly server: string
  /** The database whose rows it contains; `''` for a server-wide query. */
  readonly datname: string
  readonly query: string
  readonly intervalSeconds: number
  /** The end of the last successful poll, in milliseconds of the clock; undefined before the first. */
  readonly succeededAt: number | undefined
  /** Duration of the last poll. */
  readonly seconds: number
  /** Rows of the last successful poll. */
  readonly rows: number
  readonly texts: readonly FamilyText[]
  /** What the next poll can use. */
  readonly rendered?: Rendered | undefined
  /** The roles whose sessions the role of the last successful poll sees; undefined if it sees all. */
  readonly roles?: ReadonlySet<string> | undefined
  /** The reason why the last poll failed; undefined if it succeeded. */
  readonly failure: Failure | undefined
}

/** The last snapshot of each query of one server. */
export class Snapshots {
  readonly #server: string
  #byKey = new Map<string, Snapshot>()
  /** The exported samples and bytes, by snapshot and database, and their sums by `accountOf`. */
  readonly #exported = new Map<string, ReadonlyMap<string, Exported>>()
  readonly #sums = new Map<string, Exported>()
  /** The keys of the snapshots by each database that they are about. */
  readonly #keys = new Map<string, Set<string>>()
  #isSorted = true
  #revision = 0

  constructor(server: string) {
    this.#server = server
  }

  /** A number that increases with every change of a snapshot. */
  get revision(): number {
    return this.#revision
  }

  get(datname: string, query: string): Snapshot | undefined {
    return this.#byKey.get(keyOf(datname, query))
  }

  put(snapshot: Omit<Snapshot, 'server'>): void {
    const { datname, query } = snapshot
    const key = keyOf(datname, query)
    const last = this.#byKey.get(key)
    if (snapshot.texts !== last?.texts) {
      this.#count(key, datname, exportedBy(datname, snapshot.texts))
      if (last !== undefined) this.#forget(key, last)
      for (const database of databasesOf(snapshot)) this.#keys.set(database, (this.#keys.get(database) ?? new Set()).add(key))
    }
    this.#revision++
    this.#isSorted &&= this.#byKey.has(key)
    this.#byKey.set(key, { server: this.#server, ...snapshot })
  }

  /** Records a failed poll. The last result is kept until it is three intervals old. */
  fail(datname: string, query: string, intervalSeconds: number, seconds: number, failure: Failure): void {
    const last = this.get(datname, query)
    // While a database is down, its snapshots do not change.
    if (last?.failure !== undefined && last.seconds === seconds && last.intervalSeconds === intervalSeconds) {
      if (last.failure.errorClass === failure.errorClass && last.failure.message === failure.message) return
    }
    const { succeededAt, rows = 0, texts = [], rendered, roles } = last ?? {}
    this.put({ datname, query, intervalSeconds, seconds, failure, succeededAt, rows, texts, rendered, roles })
  }

  /** Serves the last result of a query that is now polled less often for three of the longer intervals. */
  extend(datname: string, query: string, intervalSeconds: number): void {
    const snapshot = this.get(datname, query)
    if (snapshot !== undefined && snapshot.intervalSeconds < intervalSeconds) this.put({ ...snapshot, intervalSeconds })
  }

  /** Deletes the samples of a database from the result of a server-wide query. Returns whether there were any. */
  withdraw(datname: string, query: string): boolean {
    const snapshot = this.get('', query)
    const texts = snapshot?.texts.filter((text) => text.datname !== datname)
    if (snapshot === undefined || texts?.length === snapshot.texts.length) return false
    this.put({ ...snapshot, texts: texts ?? [], rendered: undefined })
    return true
  }

  /** The samples and bytes that all other server-wide queries (`datname` is `''`), or all other queries of a database, export for `database`. */
  exportedByOthers(datname: string, query: string, database: string): Exported {
    const own = this.#exported.get(keyOf(datname, query))?.get(database) ?? nothing
    const sum = this.#sums.get(accountOf(datname, database)) ?? nothing
    return { samples: sum.samples - own.samples, bytes: sum.bytes - own.bytes }
  }

  /** Deletes the snapshots of queries that no longer run. */
  keepOnly(isRunning: (datname: string, query: string) => boolean): void {
    for (const [key, snapshot] of this.#byKey) {
      const { datname, query } = snapshot
      if (isRunning(datname, query)) continue
      this.#byKey.delete(key)
      this.#forget(key, snapshot)
      this.#count(key, datname, new Map())
      this.#revision++
    }
  }

  clear(): void {
    this.keepOnly(() => false)
  }

  /** All snapshots, sorted by database and query, so that the order of the page is the same at every scrape. */
  all(): readonly Snapshot[] {
    if (!this.#isSorted) this.#byKey = new Map([...this.#byKey].sort(([left], [right]) => (left < right ? -1 : 1)))
    this.#isSorted = true
    return [...this.#byKey.values()]
  }

  /** The snapshots of these databases, those that contain their rows, and the server-wide ones, in the order of `all`. */
  about(databases: Iterable<string>): readonly Snapshot[] {
    const keys = new Set(['', ...databases].flatMap((database) => [...(this.#keys.get(database) ?? [])]))
    return [...keys].sort().flatMap((key) => this.#byKey.get(key) ?? [])
  }

  #forget(key: string, snapshot: Snapshot): void {
    for (const database of databasesOf(snapshot)) {
      const keys = this.#keys.get(database)
      keys?.delete(key)
      if (keys?.size === 0) this.#keys.delete(database)
    }
  }

  #count(key: string, datname: string, exported: ReadonlyMap<string, Exported>): void {
    for (const [sign, counted] of [
      [-1, this.#exported.get(key) ?? []],
      [1, exported]
    ] as const) {
      for (const [database, { samples, bytes }] of counted) {
        const account = accountOf(datname, database)
        const sum = this.#sums.get(account) ?? nothing
        this.#sums.set(account, { samples: sum.samples + sign * samples, bytes: sum.bytes + sign * bytes })
        if (this.#sums.get(account)?.samples === 0) this.#sums.delete(account)
      }
    }
    if (exported.size > 0) this.#exported.set(key, exported)
    else this.#exported.delete(key)
  }
}

/** The databases that a snapshot is about: its own and those of its rows. A server-wide one is about all. */
function databasesOf({ datname, texts }: Pick<Snapshot, 'datname' | 'texts'>): ReadonlySet<string> {
  if (datname === '') return new Set([''])
  return new Set([datname, ...texts.flatMap((text) => text.ranIn ?? [text.datname])])
}

/** Whether a snapshot is recent enough to be served. Prometheus would treat older values as current. */
export function isFresh(snapshot: Snapshot, now: number): boolean {
  return now <= expiresAt(snapshot)
}

/** The time until which a snapshot is served: three intervals after its poll. A snapshot without a result is never served. */
export function expiresAt({ succeededAt, intervalSeconds }: Snapshot): number {
  return succeededAt === undefined ? Number.NEGATIVE_INFINITY : succeededAt + 3 * intervalSeconds * 1000
}

/** Server-wide and database-wide results about a database have separate limits: a database with many tables does not lose its session counts. */
function accountOf(datname: string, database: string): string {
  return datname === '' ? `server\n${database}` : `database\n${database}`
}

function keyOf(datname: string, query: string): string {
  return `${datname}\n${query}`
}
