import type { Entry, Row } from '../../src/metric/sample.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { StatementCounts } from '../../src/statements/statement-counts.ts'

/** pg_stat_statements reduced to two counters and a gauge. */
export const statements = parseQuery(
  'statements.sql',
  '-- S.\n--\n-- scope: server\n-- top: 20 by seconds_total, calls_total\n-- statements: counts\n-- key entry\n-- label user\n-- label datname\n-- label queryid\n-- counter calls_total: C.\n-- counter seconds_total: S.\n-- gauge max_seconds: M.\nselect 1'
)

/** The role of the exporter itself. */
export const ownRole = 'pgvitals'

/** A generator of numbers from 0 to 1, the same ones for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32
    return state / 2 ** 32
  }
}

/** A Prometheus server: it sums the increases of the calls by database, and of the histogram's count. */
export class Scraper {
  readonly name: string
  readonly increase = new Map<string, number>()
  readonly #periodSeconds: number
  readonly #offsetSeconds: number
  readonly #last = new Map<string, number>()
  /** Second of the last scrape. */
  scrapedAt: number | undefined

  constructor(periodSeconds: number, offsetSeconds: number) {
    this.name = `every ${periodSeconds} s from ${offsetSeconds} s`
    this.#periodSeconds = periodSeconds
    this.#offsetSeconds = offsetSeconds
  }

  isDue(second: number): boolean {
    return second % this.#periodSeconds === this.#offsetSeconds % this.#periodSeconds
  }

  scrape(page: ReadonlyMap<string, Shown>, second: number): void {
    this.scrapedAt = second
    for (const [series, { sum, value }] of page) {
      const before = this.#last.get(series)
      // The first sample of a series shows no increase; after a fall all of the value is new.
      add(this.increase, sum, before === undefined ? 0 : value < before ? value : value - before)
      this.#last.set(series, value)
    }
  }
}

/** A counter on the page, and the sum to which a scraper adds its increases. */
interface Shown {
  readonly sum: string
  readonly value: number
}

/** An entry of the server. */
interface Statement {
  readonly user: string
  readonly database: string
  readonly queryid: string | undefined
  readonly isTopLevel: boolean
  calls: number
  /** Its calls at the last poll that had it, and whether it was removed since. */
  polled: number
  wasRemoved: boolean
}

export interface SimulationOptions {
  readonly limit?: number
  /** Version 1.8 of the extension returns one row for the entries of a statement at top level and nested. */
  readonly isAggregated?: boolean
}

/** A server with statements, pgvitals polling it every 15 s, and scrapers; one step is one second. */
export class Simulation {
  readonly truth = new Map<string, number>()
  /** The part of the truth that no poll can see: calls after the last poll before an eviction, a reset or a restart. */
  readonly unseen = new Map<string, number>()
  readonly scrapers = [
    [15, 3],
    [30, 11],
    [30, 15],
    [60, 0],
    [60, 37]
  ].map(([period = 0, offset = 0]) => new Scraper(period, offset))
  /** Rules that a page broke. */
  readonly violations: string[] = []
  /** For each poll, the calls missing on the page that were polled before the last scrape of the slowest scraper. */
  readonly latenesses: number[] = []
  shown: readonly Entry[] = []
  readonly limit: number
  readonly #isAggregated: boolean
  readonly #statements = new Map<string, Statement>()
  readonly #names = new Map<string, string>()
  #counts = new StatementCounts(statements, { server: 's' })
  #page: ReadonlyMap<string, Shown> = new Map()
  /** What a scraper would see that scrapes every page, and the truth at each poll. */
  #delivered = 0
  #polled: { second: number; truth: number }[] = []
  #epoch = 0
  #isRebased = false
  #keepsRow: (index: number) => boolean = () => true
  #second = 0

  constructor({ limit = 20, isAggregated = false }: SimulationOptions = {}) {
    this.limit = limit
    this.#isAggregated = isAggregated
  }

  /** Begins to compare: what ran until now was there before. */
  begin(): void {
    this.truth.clear()
    this.#polled = []
    this.latenesses.length = 0
  }

  /** Executes a statement; without a queryid it is hidden from the exporter's role. */
  execute(user: string, database: string, queryid: string | undefined, calls: number, isTopLevel = true): void {
    const key = `${user},${database},${queryid ?? ''},${isTopLevel ? 't' : 'f'}`
    const statement = this.#statements.get(key) ?? { user, database, queryid, isTopLevel, calls: 0, polled: 0, wasRemoved: false }
    this.#statements.set(key, statement)
    statement.calls += calls
    add(this.truth, database, calls)
    if (queryid !== undefined) add(this.truth, `histogram ${database}`, calls)
  }

  /** Removes entries, as evictions and resets do. */
  remove(isMeant: (statement: { readonly database: string; readonly queryid: string | undefined }) => boolean): void {
    for (const statement of this.#statements.values()) {
      if (!isMeant(statement)) continue
      const { calls, polled, wasRemoved } = statement
      this.#addUnseen(statement, wasRemoved ? calls : calls - polled)
      statement.calls = 0
      statement.wasRemoved = true
    }
  }

  restartServer(isCrash: boolean): void {
    if (isCrash) this.remove(() => true)
    this.#epoch++
    this.#isRebased = true
  }

  /** The counts, the page and the known scrapers are those of the process. */
  restartExporter(): void {
    this.#counts = new StatementCounts(statements, { server: 's' })
    this.#page = new Map()
    this.shown = []
    for (const scraper of this.scrapers) scraper.scrapedAt = undefined
  }

  /** Renames a database; the sums keep its first name. */
  rename(database: string, name: string): void {
    this.#names.set(database, name)
  }

  /** Cuts rows from the next result. */
  cut(keepsRow: (index: number) => boolean): void {
    this.#keepsRow = keepsRow
  }

  tick(): void {
    this.#second++
    if (this.#second % 15 === 0) this.#poll()
    for (const scraper of this.scrapers) if (scraper.isDue(this.#second)) scraper.scrape(this.#page, this.#second)
  }

  /** Scrapers are known to the exporter from their first scrape on. */
  get #seenUntil(): number {
    return Math.min(this.#second, ...this.scrapers.flatMap(({ scrapedAt }) => scrapedAt ?? []))
  }

  #addUnseen({ database, queryid }: Statement, calls: number): void {
    add(this.unseen, database, calls)
    if (queryid !== undefined) add(this.unseen, `histogram ${database}`, calls)
  }

  #poll(): void {
    const all = this.#rows()
    const rows = all.filter((_, index) => this.#keepsRow(index))
    for (const statement of this.#statements.values()) {
      const { calls, polled, wasRemoved } = statement
      if (this.#isRebased) this.#addUnseen(statement, wasRemoved ? calls : calls - polled)
      // A reset that is overtaken looks like an increase.
      else if (wasRemoved && calls >= polled) this.#addUnseen(statement, polled)
      // A fall of the sum of hidden entries counts as nothing.
      else if (wasRemoved && statement.queryid === undefined) this.#addUnseen(statement, calls)
      statement.polled = calls
      statement.wasRemoved = false
    }
    this.#isRebased = false
    this.#keepsRow = () => true
    const seenUntil = this.#seenUntil
    const { entries, texts } = this.#counts.take(rows, {
      now: this.#second * 1000,
      seenUntil: seenUntil * 1000,
      epoch: String(this.#epoch),
      isWhole: rows.length === all.length,
      limit: this.limit,
      isShown: () => true,
      isOwnRole: (user) => user === ownRole
    })
    this.shown = entries
    this.#show(new Map([...this.#callsOf(entries), ...this.#countsOf(texts.map(({ text }) => String(text)).join(''))]), seenUntil)
  }

  /** Checks the rules of every page, and makes it the current one. */
  #show(page: ReadonlyMap<string, Shown>, seenUntil: number): void {
    const at = `at ${this.#second} s`
    const named = this.shown.filter(({ labels }) => labels.queryid !== 'other')
    if (named.length > this.limit) this.violations.push(`${named.length} named series ${at}`)
    if (named.some(({ labels }) => labels.user === ownRole)) this.violations.push(`a statement of the own role is named ${at}`)
    for (const [series, { value, sum }] of page) {
      const before = this.#page.get(series)?.value
      if (value < (before ?? 0)) this.violations.push(`${series} falls from ${before} to ${value} ${at}`)
      if (before === undefined && value > 0) this.violations.push(`${series} appears at ${value} ${at}`)
      if (!sum.startsWith('histogram')) this.#delivered += value - (before ?? 0)
    }
    this.#page = page
    const total = (sums: ReadonlyMap<string, number>) =>
      [...sums].reduce((sum, [name, value]) => (name.startsWith('histogram') ? sum : sum + value), 0)
    this.#polled.push({ second: this.#second, truth: total(this.truth) - total(this.unseen) })
    this.latenesses.push((this.#polled.findLast(({ second }) => second <= seenUntil)?.truth ?? 0) - this.#delivered)
  }

  #callsOf(entries: readonly Entry[]): readonly (readonly [string, Shown])[] {
    return entries.flatMap(({ labels: { user, datname = '', queryid }, values: [calls] }) =>
      calls === undefined ? [] : [[`${user} ${datname} ${queryid}`, { sum: this.#databaseOf(datname), value: calls }] as const]
    )
  }

  #countsOf(text: string): readonly (readonly [string, Shown])[] {
    return [...text.matchAll(/_count\{.*datname="(\w+)".*\} (\d+)/g)].map(([, datname = '', value]) => {
      return [`histogram ${datname}`, { sum: `histogram ${this.#databaseOf(datname)}`, value: Number(value) }]
    })
  }

  #databaseOf(datname: string): string {
    return [...this.#names].find(([, name]) => name === datname)?.[0] ?? datname
  }

  #rows(): readonly Row[] {
    const groups = new Map<string, Statement[]>()
    for (const [key, statement] of this.#statements) {
      if (statement.calls === 0) continue
      const group = this.#isAggregated && statement.queryid !== undefined ? key.slice(0, -2) : key
      groups.set(group, [...(groups.get(group) ?? []), statement])
    }
    return [...groups].map(([group, [first, ...others]]) => {
      const { user = '', database = '', queryid } = first ?? {}
      const calls = [first, ...others].reduce((sum, one) => sum + (one?.calls ?? 0), 0)
      const key = this.#isAggregated ? `("${group.replaceAll(',', ' ')}${others.length > 0 ? '*' : ''}")` : `(${group})`
      const hiddenKey = this.#isAggregated ? '()' : `(${group})`
      return [
        `(${user},${this.#names.get(database) ?? database},${queryid ?? ''})`,
        queryid === undefined ? hiddenKey : key,
        `(${calls},${calls / 4},1)`
      ]
    })
  }
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value)
}
