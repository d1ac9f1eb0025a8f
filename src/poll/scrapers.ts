/** A client that has scraped once is expected again within this time. */
const firstPeriodMs = 120_000
/** A scraper that misses three of its periods in a row has stopped; after ten seconds at least, ten minutes at most. */
const periodsMissed = 3
const [shortestExpectedMs, longestExpectedMs] = [10_000, 600_000]
const timesKept = 6
const mostScrapers = 1000

interface Scraper {
  /** The server whose part of the page it scrapes; undefined for the whole page. */
  readonly server: string | undefined
  /** When its last pages were built, in their order. */
  readonly times: readonly number[]
}

/** Who scrapes, and which state of the page every scraper has seen. Times are milliseconds of one clock. */
export class Scrapers {
  readonly #scrapers = new Map<string, Scraper>()

  /** A client has received a page, or the part of one server, that was built at `now`. */
  scraped(client: string, server: string | undefined, now: number): void {
    const key = `${client}\n${server ?? ''}`
    const { times = [] } = this.#scrapers.get(key) ?? {}
    this.#scrapers.delete(key)
    this.#scrapers.set(key, { server, times: [...times, now].slice(-timesKept) })
    for (const [other, scraper] of this.#scrapers) {
      if (hasStopped(scraper, now) || this.#scrapers.size > mostScrapers) this.#scrapers.delete(other)
    }
  }

  /**
   * Every scraper has received two pages of this server built at or after this time: one may be lost on its way, and
   * two Prometheus servers may share an address. Without a scraper it is two minutes ago, so that a series that nobody
   * sees does not stay frozen.
   */
  seenUntil(server: string, now: number): number {
    const active = [...this.#scrapers.values()].filter(
      (scraper) => (scraper.server === undefined || scraper.server === server) && !hasStopped(scraper, now)
    )
    if (active.length === 0) return now - firstPeriodMs
    return Math.min(...active.map(({ times }) => times.at(-2) ?? Number.NEGATIVE_INFINITY))
  }
}

function hasStopped({ times }: Scraper, now: number): boolean {
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time))
  const expectedMs =
    gaps.length === 0 ? firstPeriodMs : Math.min(Math.max(periodsMissed * Math.max(...gaps), shortestExpectedMs), longestExpectedMs)
  return now - (times.at(-1) ?? 0) > expectedMs
}
