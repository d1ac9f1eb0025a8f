import type { Entry } from '../../src/metric/sample.ts'
import { Top } from '../../src/metric/top.ts'
import { parseQuery } from '../../src/query/parse.ts'

/** A query as pg_stat_statements, reduced to two counters. */
export const statements = parseQuery(
  'statements.sql',
  '-- S.\n--\n-- scope: server\n-- top: 20 by seconds_total, calls_total\n-- other: queryid\n-- label user\n-- label datname\n-- label queryid\n-- counter calls_total: C.\n-- counter seconds_total: S.\nselect 1'
)

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32
    return state / 2 ** 32
  }
}

/** A scraper with its period and offset: it sums increases as Prometheus does, a fall being a reset. */
export interface Scraper {
  readonly periodSeconds: number
  readonly offsetSeconds: number
  readonly last: Map<string, number>
  readonly increase: Map<string, number>
}

/** A server with statements, pgvitals before it, and scrapers before that; one step is one second. */
export class Simulation {
  readonly truth = new Map<string, number>()
  readonly scrapers: readonly Scraper[] = [
    [15, 3],
    [30, 11],
    [60, 37]
  ].map(([periodSeconds = 0, offsetSeconds = 0]) => ({ periodSeconds, offsetSeconds, last: new Map(), increase: new Map() }))
  readonly falls: string[] = []
  shown: readonly Entry[] = []
  readonly #rows = new Map<string, { labels: Record<string, string>; calls: number; seconds: number }>()
  readonly #limit: number
  #top: Top
  #before = new Map<string, number>()
  #now = 0

  constructor(limit = 20) {
    this.#limit = limit
    this.#top = this.#newTop()
  }

  /** Executes a statement; one of an evicted or new entry begins at 0. */
  execute(user: string, datname: string, queryid: string, calls: number): void {
    const key = `${user} ${datname} ${queryid}`
    const row = this.#rows.get(key) ?? { labels: { server: 's', user, datname, queryid }, calls: 0, seconds: 0 }
    this.#rows.set(key, { ...row, calls: row.calls + calls, seconds: row.seconds + calls / 4 })
    this.truth.set(datname, (this.truth.get(datname) ?? 0) + calls)
  }

  evict(chance: () => boolean): void {
    for (const key of [...this.#rows.keys()]) if (chance()) this.#rows.delete(key)
  }

  restartServer(isUnclean: boolean): void {
    if (isUnclean) this.#rows.clear()
    this.#top.rebase()
  }

  restartExporter(): void {
    this.#top = this.#newTop()
    this.#before = new Map()
    this.shown = []
  }

  /** Lets a second pass: polls on the grid of 15 s, scrapes when it is a scraper's turn. */
  tick(): void {
    this.#now++
    if (this.#now % 15 === 0) this.#poll()
    for (const scraper of this.scrapers)
      if (this.#now % scraper.periodSeconds === scraper.offsetSeconds % scraper.periodSeconds) this.#scrape(scraper)
  }

  #poll(): void {
    const entries = [...this.#rows.values()].map(({ labels, calls, seconds }) => ({ labels, suffix: undefined, values: [calls, seconds] }))
    this.shown = this.#top.take(entries, true, this.#now * 1000).entries
    for (const [series, value] of callsOf(this.shown)) {
      if (value < (this.#before.get(series) ?? 0)) this.falls.push(`${series}: ${this.#before.get(series)} -> ${value} at ${this.#now}`)
      this.#before.set(series, value)
    }
  }

  #scrape({ last, increase }: Scraper): void {
    for (const [series, value] of callsOf(this.shown)) {
      const datname = series.split(' ')[1] ?? ''
      const before = last.get(series)
      // A series' first sample shows no increase; a fall is a reset, after which all of the value is new.
      const gained = before === undefined ? 0 : value < before ? value : value - before
      increase.set(datname, (increase.get(datname) ?? 0) + gained)
      last.set(series, value)
    }
  }

  #newTop(): Top {
    return new Top(statements, { limit: this.#limit, standStillSeconds: () => 180 })
  }
}

function callsOf(entries: readonly Entry[]): readonly (readonly [string, number])[] {
  return entries.map(({ labels, values }) => [`${labels.user} ${labels.datname} ${labels.queryid}`, values[0] ?? 0])
}
