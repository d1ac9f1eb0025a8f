/** The time within which a client that has scraped once is expected again. */
const firstPeriodMs = 120_000
/** A scraper that misses three consecutive periods is considered stopped, after at least ten seconds and at most ten minutes. */
const periodsMissed = 3
const [shortestExpectedMs, longestExpectedMs] = [10_000, 600_000]
const timesKept = 6
/** No series stays frozen for longer, for example when clients with ever new addresses request the page. */
const longestFreezeMs = 2 * longestExpectedMs
const mostScrapers = 1000

interface Scraper {
  /** The server whose part of the page it scrapes; undefined for the whole page. */
  readonly server: string | undefined
  /** The times of the data on its last pages, oldest first. */
  readonly pages: readonly number[]
  /** The times of its last requests, oldest first. */
  readonly times: readonly number[]
}

/**
 * The clients that scrape, and the time up to which all of them have received the page. Times are in milliseconds of
 * one clock.
 */
export class Scrapers {
  readonly #scrapers = new Map<string, Scraper>()

  /**
   * Records that a client has requested the page, or the part of one server, at `now`, and received data of the time
   * `builtAt`.
   */
  scraped(client: string, server: string | undefined, builtAt: number, now = builtAt): void {
    const key = `${client}\n${server ?? ''}`
    const { pages = [], times = [] } = this.#scrapers.get(key) ?? {}
    const add = (all: readonly number[], time: number) => [...all, time].slice(-timesKept)
    this.#scrapers.delete(key)
    this.#scrapers.set(key, { server, pages: add(pages, builtAt), times: add(times, now) })
    for (const [other, scraper] of this.#scrapers) {
      if (hasStopped(scraper, now) || this.#scrapers.size > mostScrapers) this.#scrapers.delete(other)
    }
  }

  /**
   * The latest time for which every scraper has received two pages of this server built at or after it: one page may be
   * lost in transit, and two Prometheus servers may share an address. Without a scraper, this is the time two minutes
   * ago, so that no series stays frozen indefinitely.
   */
  seenUntil(server: string, now: number): number {
    const active = [...this.#scrapers.values()].filter(
      (scraper) => (scraper.server === undefined || scraper.server === server) && !hasStopped(scraper, now)
    )
    if (active.length === 0) return now - firstPeriodMs
    const seen = Math.min(...active.map(({ pages }) => pages.at(-2) ?? Number.NEGATIVE_INFINITY))
    return Math.max(seen, now - longestFreezeMs)
  }

  /** The expected time of the next regular scrape of any scraper after `now`; undefined if there is none. */
  nextScrape(_now: number): number | undefined {
    return undefined
  }
}

function hasStopped({ times }: Scraper, now: number): boolean {
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time))
  const expectedMs =
    gaps.length === 0 ? firstPeriodMs : Math.min(Math.max(periodsMissed * Math.max(...gaps), shortestExpectedMs), longestExpectedMs)
  return now - (times.at(-1) ?? 0) > expectedMs
}
