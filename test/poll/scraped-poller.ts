import type { Query } from '../../src/query/query.ts'
import { makePoller } from './make-poller.ts'
import { makeConnected, makeServer, makeSession } from './make-server.ts'

export interface Scrape {
  readonly at: number
  readonly client: string
  /** The server whose part is scraped; undefined for the whole page. */
  readonly server?: string
}

/** What a scrape receives of the query that is polled most often. */
export interface Received extends Scrape {
  readonly ageMs: number
  /** The number of polls since the previous scrape of the same client. */
  readonly polls: number
}

const limits = { value: { free: 50, roleFree: undefined, databaseFree: undefined } }
const result = { rows: 1, values: [], texts: [], dropped: { rows: 0, budget: 0, bytes: 0, duplicate: 0, illegal: 0 } }

/** A poller of one database in virtual time, in milliseconds, with scrapers. Each cycle lasts `durationMs`. */
export class ScrapedPoller {
  readonly #made: ReturnType<typeof makePoller>
  readonly #durationMs: (cycle: number) => number
  readonly #session = makeSession()
  readonly #lastPolls = new Map<string, number>()
  /** The start of each cycle. */
  readonly cycles: number[] = []
  /** The start of each cycle that polled the query, by query. */
  readonly polled = new Map<string, number[]>()
  readonly received: Received[] = []
  now = 0

  constructor(queries: readonly Query[], durationMs: (cycle: number) => number = () => 100) {
    this.#made = makePoller(makeServer(['d']), queries)
    this.#durationMs = durationMs
  }

  get poller() {
    return this.#made.poller
  }

  get scrapers() {
    return this.#made.scrapers
  }

  /** Runs until this time, with these scrapes. */
  run(until: number, scrapes: readonly Scrape[] = []): void {
    const waiting = [...scrapes].sort((left, right) => left.at - right.at)
    let end: { readonly at: number; readonly finish: () => void } | undefined
    for (;;) {
      const nextCycle = Math.max(this.now, this.poller.nextCycle(new Map()))
      const [scrape] = waiting
      const next = Math.min(end?.at ?? nextCycle, scrape?.at ?? Number.POSITIVE_INFINITY)
      if (next > until && end === undefined) break
      this.now = next
      if (scrape?.at === next) {
        waiting.shift()
        this.#scrape(scrape)
      } else if (end?.at === next) {
        end.finish()
        end = undefined
      } else {
        end = this.#begin()
      }
    }
    this.now = until
  }

  #begin() {
    const { now } = this
    const cycle = this.poller.begin('d', now)
    if (cycle === undefined) throw new Error('a cycle is in progress')
    const isNew = this.cycles.length === 0
    const at = now + this.#durationMs(this.cycles.length)
    this.cycles.push(now)
    const finish = () => {
      this.poller.learn(cycle, makeConnected({ limits, isNew, session: this.#session }), now)
      for (let due = this.poller.next(cycle, now); due !== undefined; due = this.poller.next(cycle, now)) {
        const { name } = due.query
        const times = this.polled.get(name) ?? []
        this.polled.set(name, times)
        times.push(now)
        this.poller.done(cycle, due, { seconds: 0.01, result, failure: undefined }, at)
      }
      this.poller.finish(cycle, at)
    }
    return { at, finish }
  }

  #scrape(scrape: Scrape): void {
    const { at, client, server } = scrape
    const succeededAt = this.poller.snapshots.get('', 'fast')?.succeededAt ?? Number.NaN
    const polls = (this.polled.get('fast') ?? []).length
    this.received.push({ ...scrape, ageMs: at - succeededAt, polls: polls - (this.#lastPolls.get(client) ?? 0) })
    this.#lastPolls.set(client, polls)
    this.scrapers.scraped(client, server, at)
    this.poller.scraped(at)
  }
}

/** Scrapes of one client from `from`, every `period`, each at a deviation from its time. */
export function scrapesOf(
  client: string,
  { from, period, to, deviation = () => 0 }: { from: number; period: number; to: number; deviation?: (index: number) => number }
): readonly Scrape[] {
  const count = Math.floor((to - from) / period) + 1
  return Array.from({ length: count }, (_, index) => ({ client, at: from + index * period + deviation(index) }))
}
