import type { FamilyText } from '../metric/exposition.ts'
import type { ErrorClass } from '../server/error-class.ts'

/** What says which query of which database; `datname` is `''` for a server-wide query. */
export interface Place {
  readonly server: string
  readonly datname: string
  readonly query: string
}

export interface Failure {
  readonly errorClass: ErrorClass
  readonly message: string
}

/** The last answer of one query, rendered, and how its last poll went. Never changed, only replaced. */
export interface Snapshot extends Place {
  readonly intervalSeconds: number
  /** When the last answer came, in milliseconds of `performance.now()`; undefined before the first. */
  readonly answeredAt: number | undefined
  /** How long the last poll took. */
  readonly seconds: number
  /** Rows of the last answer. */
  readonly rows: number
  readonly texts: readonly FamilyText[]
  /** Why the last poll failed; undefined when it succeeded. */
  readonly failure: Failure | undefined
}

/** The last snapshot of each query in each place. */
export class Snapshots {
  #byKey = new Map<string, Snapshot>()
  /** The samples of each database (`''` for the server's). */
  readonly #samples = new Map<string, number>()
  #isSorted = true
  #revision = 0

  /** Changes whenever a snapshot does. */
  get revision(): number {
    return this.#revision
  }

  get(place: Place): Snapshot | undefined {
    return this.#byKey.get(keyOf(place))
  }

  put(snapshot: Snapshot): void {
    const key = keyOf(snapshot)
    this.#count(snapshot, samplesOf(snapshot) - samplesOf(this.#byKey.get(key)))
    this.#revision++
    this.#isSorted &&= this.#byKey.has(key)
    this.#byKey.set(key, snapshot)
  }

  /** How many samples the other queries of the same database have. */
  samplesBeside(place: Place): number {
    return (this.#samples.get(databaseKey(place)) ?? 0) - samplesOf(this.get(place))
  }

  #count(place: Place, samples: number): void {
    const key = databaseKey(place)
    const sum = (this.#samples.get(key) ?? 0) + samples
    if (sum > 0) this.#samples.set(key, sum)
    else this.#samples.delete(key)
  }

  /** Records a failed poll; the last answer stays until it is three intervals old. */
  fail(place: Place, intervalSeconds: number, seconds: number, failure: Failure): void {
    const { answeredAt, rows = 0, texts = [] } = this.get(place) ?? {}
    this.put({ ...place, intervalSeconds, seconds, failure, answeredAt, rows, texts })
  }

  /** The query is asked more rarely from now on, so that its last answer is served for three of the longer intervals. */
  stretch(place: Place, intervalSeconds: number): void {
    const snapshot = this.get(place)
    if (snapshot !== undefined && snapshot.intervalSeconds < intervalSeconds) this.put({ ...snapshot, intervalSeconds })
  }

  /** Forgets a server's snapshots that are not of these places. */
  keepOnly(server: string, places: readonly Place[]): void {
    const wanted = new Set(places.map(keyOf))
    for (const [key, snapshot] of this.#byKey) {
      if (snapshot.server !== server || wanted.has(key)) continue
      this.#byKey.delete(key)
      this.#count(snapshot, -samplesOf(snapshot))
      this.#revision++
    }
  }

  /** All snapshots by server, database and query, so that a page does not change its order from scrape to scrape. */
  all(): readonly Snapshot[] {
    if (!this.#isSorted) this.#byKey = new Map([...this.#byKey].sort(([left], [right]) => (left < right ? -1 : 1)))
    this.#isSorted = true
    return [...this.#byKey.values()]
  }
}

/** A snapshot older than three intervals is no longer served: its numbers would pass for today's. */
export function isFresh(snapshot: Snapshot, now: number): boolean {
  return now <= expiresAt(snapshot)
}

/** Until when a snapshot is served; one without an answer never was. */
export function expiresAt({ answeredAt, intervalSeconds }: Snapshot): number {
  return answeredAt === undefined ? Number.NEGATIVE_INFINITY : answeredAt + 3 * intervalSeconds * 1000
}

function keyOf({ server, datname, query }: Place): string {
  return `${server}\n${datname}\n${query}`
}

function databaseKey({ server, datname }: Place): string {
  return `${server}\n${datname}`
}

function samplesOf(snapshot: Snapshot | undefined): number {
  return snapshot?.texts.reduce((sum, { samples }) => sum + samples, 0) ?? 0
}
