import { hasEnded, nextScrapeOf, type RegularScraper, timesNeeded, updateRegularScrapers } from './regular-scrapers.ts'

/** The time within which a client that has scraped once is expected again. */
const firstPeriodMs = 120_000
/** A scraper that misses three consecutive periods is considered stopped, after at least ten seconds and at most ten minutes. */
const periodsMissed = 3
const [shortestExpectedMs, longestExpectedMs] = [10_000, 600_000]
const pagesKept = 6
/** A server that was not scraped for this time is idle. */
const idleMs = 300_000
/** No series stays frozen for longer, for example if each request comes from a new address. */
const longestFreezeMs = 2 * longestExpectedMs
const mostScrapers = 1000
/** Stopped scrapers are deleted at this interval. */
const checkMs = 1000

/** A client that requests the page. */
interface Scraper {
  /** The server whose part of the page it scrapes; undefined for the whole page. */
  readonly server: string | undefined
  /** The times of the data on its last pages, oldest first. */
  readonly pages: readonly number[]
  /** The times of its last requests, oldest first. */
  readonly times: readonly number[]
  /** Identifies the page that it requests. */
  readonly page: string
  /** The regular scrapers of the client. */
  readonly regular: readonly RegularScraper[]
}

/**
 * The clients that scrape: the time up to which all of them have received the page, and the times of their next scrapes.
 * Times are in milliseconds of one clock.
 */
export class Scrapers {
  readonly #scrapers = new Map<string, Scraper>()
  /** The time of the last scrape of each server's part, and of the whole page with the key `undefined`. */
  readonly #lastScrapes = new Map<string | undefined, number>()
  /** The scrapers of each page. The expected scrape of one page must not cost a walk over all scrapers. */
  readonly #byPage = new Map<string, Map<string, Scraper>>()
  #checkedAt = Number.NEGATIVE_INFINITY

  /**
   * Records that a client has received the page, or the part of one server, with data of the time `builtAt`, which it
   * requested at `now`. `client` identifies the address and the team, and `page` the page.
   */
  scraped(client: string, server: string | undefined, builtAt: number, now = builtAt, page = ''): void {
    const key = JSON.stringify([client, server])
    const { pages = [], times: earlier = [], regular: known = [] } = this.#scrapers.get(key) ?? {}
    const times = ascending([...earlier, now]).slice(-timesNeeded)
    const scraper = {
      server,
      page,
      pages: ascending([...pages, builtAt]).slice(-pagesKept),
      times,
      regular: updateRegularScrapers(known, times)
    }
    // The order is that of the last scrapes.
    this.#delete(key)
    this.#scrapers.set(key, scraper)
    this.#byPage.set(page, (this.#byPage.get(page) ?? new Map()).set(key, scraper))
    this.#lastScrapes.set(server, now)
    const [oldest] = this.#scrapers.keys()
    if (this.#scrapers.size > mostScrapers && oldest !== undefined) this.#delete(oldest)
    if (now - this.#checkedAt >= checkMs) this.#deleteStopped(now)
  }

  /**
   * The latest time for which every scraper has received two pages of this server built at or after it: one page may be
   * lost in transit, and two Prometheus servers may share an address. Without a scraper, this is the time two minutes
   * ago, so that no series stays frozen indefinitely.
   */
  seenUntil(server: string, now: number): number {
    const active = this.#active(now).filter((scraper) => receives(scraper, server))
    if (active.length === 0) return now - firstPeriodMs
    const seen = Math.min(...active.map(({ pages }) => pages.at(-2) ?? Number.NEGATIVE_INFINITY))
    return Math.max(seen, now - longestFreezeMs)
  }

  /** The regular scrapers of a server. */
  regular(server: string, now: number): readonly RegularScraper[] {
    return this.#active(now).flatMap((scraper) => (receives(scraper, server) ? regularOf(scraper, now) : []))
  }

  /** Whether nobody has scraped a server for five minutes, and for as long since `start`. */
  isIdle(server: string, start: number, now: number): boolean {
    const last = Math.max(start, ...[server, undefined].flatMap((part) => this.#lastScrapes.get(part) ?? []))
    return now - last > idleMs
  }

  /** The expected time of the next regular scrape of a page after `now`; undefined if there is none. */
  nextScrape(now: number, page = ''): number | undefined {
    return earliest([...(this.#byPage.get(page)?.values() ?? [])].flatMap((scraper) => nextScrapesOf(scraper, now)))
  }

  #delete(key: string): void {
    const page = this.#scrapers.get(key)?.page ?? ''
    this.#scrapers.delete(key)
    this.#byPage.get(page)?.delete(key)
    if (this.#byPage.get(page)?.size === 0) this.#byPage.delete(page)
  }

  #deleteStopped(now: number): void {
    this.#checkedAt = now
    for (const [key, scraper] of this.#scrapers) if (hasStopped(scraper, now)) this.#delete(key)
    for (const [server, last] of this.#lastScrapes) if (now - last > idleMs) this.#lastScrapes.delete(server)
  }

  #active(now: number): readonly Scraper[] {
    return [...this.#scrapers.values()].filter((scraper) => !hasStopped(scraper, now))
  }
}

/** Responses to concurrent requests of one client can end in another order. */
function ascending(times: readonly number[]): readonly number[] {
  return times.toSorted((left, right) => left - right)
}

function receives(scraper: Scraper, server: string): boolean {
  return scraper.server === undefined || scraper.server === server
}

/** The regular scrapers of a client that have not ended. */
function regularOf({ regular }: Scraper, now: number): readonly RegularScraper[] {
  return regular.filter((one) => !hasEnded(one, now))
}

function nextScrapesOf(scraper: Scraper, now: number): readonly number[] {
  return regularOf(scraper, now).map((one) => nextScrapeOf(one, now))
}

function earliest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times)
}

function hasStopped({ times }: Scraper, now: number): boolean {
  const last = times.slice(-pagesKept)
  const gaps = last.slice(1).map((time, index) => time - (last[index] ?? time))
  const expectedMs =
    gaps.length === 0 ? firstPeriodMs : Math.min(Math.max(periodsMissed * Math.max(...gaps), shortestExpectedMs), longestExpectedMs)
  return now - (times.at(-1) ?? 0) > expectedMs
}
