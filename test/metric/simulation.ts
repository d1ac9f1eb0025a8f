import type { Shown } from '../../src/metric/reading.ts'
import type { Entry, Row } from '../../src/metric/sample.ts'
import { Top } from '../../src/metric/top.ts'
import { parseQuery } from '../../src/query/parse.ts'

/** A query as pg_stat_statements, reduced to two counters. */
export const statements = parseQuery(
  'statements.sql',
  '-- S.\n--\n-- scope: server\n-- top: 20 by seconds_total, calls_total\n-- other: queryid\n-- key entry\n-- fingerprint state by entry\n-- label user\n-- label datname\n-- label queryid\n-- counter calls_total: C.\n-- counter seconds_total: S.\nselect 1'
)

/** Takes an answer in one go. */
export function takeWhole(top: Top, rows: readonly Row[], now: number, isWhole = true): Shown {
  top.begin(isWhole)
  top.add(rows)
  return top.end(now)
}

/** Takes an answer of which the fingerprints were read before, and the rest where these had changed. */
export function takeMoved(top: Top, fingerprints: string, rows: readonly Row[], now: number): Shown {
  const { moved, unmoved } = top.watching.compare(fingerprints)
  const isAsked = asked(moved)
  top.begin(true)
  top.add(rows.filter(([, key = '']) => key === '()' || isAsked(key ?? '')))
  return top.end(now, unmoved)
}

/** Which keys are read again: those of the same statement as one that has moved. */
function asked(moved: readonly string[]): (key: string) => boolean {
  const statements = new Set(moved)
  return (key) => statements.has(statementOf(key))
}

const statementOf = (key: string) => key.slice(1, -1).split(' ')[2] ?? key

/** The fingerprints of rows: they change with the calls. */
export function fingerprintsOf(rows: readonly Row[]): string {
  const lines = rows.flatMap(([, key, fingerprint]) => (key === '()' ? [] : `${fingerprint} ${statementOf(key ?? '')}\n`))
  return lines.join('')
}

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

/** One entry of the server: what it has counted, what it had at the last poll, and whether it began anew since. */
interface Entered {
  readonly user: string
  readonly datname: string
  readonly queryid: string | undefined
  readonly isTopLevel: boolean
  calls: number
  polled: number
  isReset: boolean
  /** As the server answers it, until its calls change. */
  row: Row | undefined
}

/** The calls of one series as they are shown. */
interface ShownCalls {
  readonly series: string
  readonly datname: string
  readonly calls: number
}

/** A server with statements, pgvitals before it, and scrapers before that; one step is one second. */
export class Simulation {
  readonly truth = new Map<string, number>()
  /** Of the truth, what no poll can have seen: it ran after the last poll before an eviction, a reset or a restart. */
  readonly unseen = new Map<string, number>()
  readonly scrapers: readonly Scraper[] = [
    [15, 3],
    [30, 11],
    [60, 37]
  ].map(([periodSeconds = 0, offsetSeconds = 0]) => ({ periodSeconds, offsetSeconds, last: new Map(), increase: new Map() }))
  readonly falls: string[] = []
  shown: readonly Entry[] = []
  readonly #entries = new Map<string, Entered>()
  readonly #limit: number
  readonly #isWatched: boolean
  #fingerprints = ''
  #top: Top
  #isRebased = false
  #before = new Map<string, number>()
  #calls: readonly ShownCalls[] = []
  #now = 0

  /** Watched, fingerprints are read a second before the rest. */
  constructor(limit = 20, isWatched = false) {
    this.#limit = limit
    this.#isWatched = isWatched
    this.#top = this.#newTop()
  }

  /** Executes a statement; one of an evicted or new entry begins at 0. Without a queryid it is hidden from our role. */
  execute(user: string, datname: string, queryid: string | undefined, calls: number, isTopLevel = true): void {
    const key = `(${user} ${datname} ${queryid ?? 'hidden'} ${isTopLevel})`
    const entry = this.#entries.get(key) ?? { user, datname, queryid, isTopLevel, calls: 0, polled: 0, isReset: false, row: undefined }
    this.#entries.set(key, entry)
    entry.calls += calls
    entry.row = undefined
    add(this.truth, datname, calls)
  }

  /** Removes entries, as an eviction and `pg_stat_statements_reset()` do: they are gone until they run again, from 0. */
  remove(isMeant: (entry: { readonly datname: string; readonly queryid: string | undefined }) => boolean): void {
    for (const entry of this.#entries.values()) {
      if (!isMeant(entry)) continue
      this.#lose(entry)
      entry.calls = 0
      entry.isReset = true
      entry.row = undefined
    }
  }

  restartServer(isUnclean: boolean): void {
    if (isUnclean) this.remove(() => true)
    this.#top.rebase()
    this.#isRebased = true
  }

  restartExporter(): void {
    this.#top = this.#newTop()
    this.#before = new Map()
    this.shown = []
    this.#calls = []
  }

  /** Lets a second pass: polls on the grid of 15 s, scrapes when it is a scraper's turn. */
  tick(): void {
    this.#now++
    if (this.#now % 15 === 14) this.#fingerprints = this.#isWatched ? fingerprintsOf(this.#rows()) : ''
    if (this.#now % 15 === 0) this.#poll()
    for (const scraper of this.scrapers)
      if (this.#now % scraper.periodSeconds === scraper.offsetSeconds % scraper.periodSeconds) this.#scrape(scraper)
  }

  #lose({ datname, calls, polled, isReset }: Entered): void {
    add(this.unseen, datname, isReset ? calls : calls - polled)
  }

  #poll(): void {
    const isWatching = this.#isWatched && this.#top.watching.isWorthwhile
    const isAsked = isWatching ? asked(this.#top.watching.compare(this.#fingerprints).moved) : () => true
    const present = new Set(this.#fingerprints.split('\n').map((line) => line.slice(0, line.indexOf(':'))))
    for (const [key, entry] of this.#entries) {
      if (!isAsked(key) && entry.queryid !== undefined) {
        // What is not asked for is as it was; what was not there is forgotten, and counts from 0 when it comes back.
        if (!present.has(withoutSpaces(key))) Object.assign(entry, { polled: 0, isReset: false })
        continue
      }
      if (this.#isRebased) add(this.unseen, entry.datname, entry.isReset ? entry.calls : entry.calls - entry.polled)
      // A reset that is already overtaken looks like an ordinary step.
      else if (entry.isReset && entry.calls >= entry.polled) add(this.unseen, entry.datname, entry.polled)
      entry.polled = entry.calls
      entry.isReset = false
    }
    this.#isRebased = false
    const [rows, now] = [this.#rows(), this.#now * 1000]
    this.shown = (isWatching ? takeMoved(this.#top, this.#fingerprints, rows, now) : takeWhole(this.#top, rows, now)).entries
    this.#calls = callsOf(this.shown)
    for (const { series, calls } of this.#calls) {
      const before = this.#before.get(series) ?? 0
      if (calls < before) this.falls.push(`${series}: ${before} -> ${calls} at ${this.#now}`)
      this.#before.set(series, calls)
    }
  }

  #scrape({ last, increase }: Scraper): void {
    for (const { series, datname, calls } of this.#calls) {
      const before = last.get(series)
      // A series' first sample shows no increase; a fall is a reset, after which all of the value is new.
      const gained = before === undefined ? 0 : calls < before ? calls : calls - before
      add(increase, datname, gained)
      last.set(series, calls)
    }
  }

  #rows(): readonly Row[] {
    return [...this.#entries].flatMap(([key, entry]) => {
      if (entry.calls === 0) return []
      entry.row ??= packedRow(key, entry)
      return [entry.row]
    })
  }

  #newTop(): Top {
    return new Top(statements, { limit: this.#limit, standStillSeconds: () => 180, labels: { server: 's' } })
  }
}

function packedRow(key: string, { user, datname, queryid, calls }: Entered): Row {
  const fingerprint = `${withoutSpaces(key)}:${calls}`
  return [`(${user},${datname},${queryid ?? ''})`, queryid === undefined ? '()' : key, fingerprint, `(${calls},${calls / 4})`]
}

const withoutSpaces = (key: string) => key.replaceAll(' ', '/')

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value)
}

function callsOf(entries: readonly Entry[]): readonly ShownCalls[] {
  return entries.flatMap(({ labels: { user, datname = '', queryid }, values: [calls] }) =>
    calls === undefined ? [] : [{ series: `${user} ${datname} ${queryid}`, datname, calls }]
  )
}
