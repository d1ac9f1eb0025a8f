/** A scraper with a constant period. Times are in milliseconds. */
export interface RegularScraper {
  readonly periodMs: number
  /** The expected time of the last scrape if no scrape is early. The next scrapes follow at multiples of the period. */
  readonly at: number
  /** The time of the last scrape. */
  readonly lastAt: number
  /** The number of consecutive irregular scrapes, at which the scraper was not found again; a missing scrape counts as several. */
  readonly irregular: number
}

/** Scrapes are regular if the last gaps, four in number, differ from their mean by at most this fraction of the period. */
const gapsNeeded = 4
const tolerance = 0.05
/** At most one in this number of scrapes may be missing. */
const scrapesPerMissing = 5
/** At least this fraction of the requests since the first scrape is regular. Among many requests, some are regular by chance. */
const leastRegular = 0.75
/** A known scraper is kept while its scrapes are late by less than this fraction of the period, for at most this number of scrapes. */
const latest = 0.25
const mostIrregular = 24
/** A missing scrape or another request counts as this number of late scrapes. */
const lateScrapesPerOther = 4
/** A scraper has ended if it has not scraped for this number of periods. */
const periodsMissed = 3.5
/** Shorter periods are load tests or retries, not scrapes. */
const [shortestMs, longestMs] = [900, 600_000]

/** The number of requests that `findRegularScrapers` needs to find two scrapers of one address. */
export const timesNeeded = 16

/**
 * The regular scrapers of an address after a request, the last of `times`. Known scrapers are kept while their scrapes are
 * late, as on a busy machine: otherwise every second scrape would be found as a scraper with twice the period.
 */
export function updateRegularScrapers(known: readonly RegularScraper[], times: readonly number[]): readonly RegularScraper[] {
  const now = times.at(-1) ?? 0
  const found = findRegularScrapers(times)
  const kept = known.flatMap((scraper) => {
    const isFound = found.some(({ periodMs, lastAt }) => periodMs === scraper.periodMs && includes(scraper, lastAt))
    if (isFound || scraper.irregular >= mostIrregular || hasEnded(scraper, now)) return []
    const isOwn = includes(scraper, now)
    const isNext = isOwn && now - scraper.lastAt < 1.5 * scraper.periodMs
    const irregular = scraper.irregular + (isNext ? 1 : lateScrapesPerOther)
    return [{ ...scraper, lastAt: isOwn ? now : scraper.lastAt, irregular }]
  })
  return [...kept, ...found.filter(({ lastAt }) => !kept.some((scraper) => includes(scraper, lastAt)))]
}

/** Whether the scraper has not scraped for several periods. */
export function hasEnded({ lastAt, periodMs }: RegularScraper, now: number): boolean {
  return now - lastAt > periodsMissed * periodMs
}

/** Whether a request at this time can be a scrape of the scraper. */
function includes({ at, periodMs }: RegularScraper, time: number): boolean {
  const late = time - at - Math.round((time - at) / periodMs) * periodMs
  return late >= -tolerance * periodMs && late <= latest * periodMs
}

/**
 * Finds the regular scrapers among the times of all requests of one address, oldest first. Other requests are ignored. Two
 * Prometheus servers behind one address are two scrapers.
 */
export function findRegularScrapers(times: readonly number[]): readonly RegularScraper[] {
  const found: { readonly scraper: RegularScraper; readonly scrapes: readonly number[] }[] = []
  let rest = [...times].reverse()
  for (let next = mostFrequent(rest); next !== undefined; next = mostFrequent(rest)) {
    const { scrapes } = next
    found.push(next)
    rest = rest.filter((time) => !scrapes.includes(time))
  }
  return found.flatMap(({ scraper, scrapes }) => {
    const isSince = (time: number) => time >= (scrapes.at(-1) ?? time)
    return rest.filter(isSince).length <= (1 - leastRegular) * times.filter(isSince).length ? [scraper] : []
  })
}

/** The scraper with the shortest period, and its scrapes, among times in descending order. Its last scrape is one of the last requests. */
function mostFrequent(times: readonly number[]) {
  const gaps = times.slice(1).flatMap((time, index) => [(times[index] ?? time) - time, (times[0] ?? time) - time])
  const periods = new Set(gaps.filter((gap) => gap >= shortestMs && gap <= longestMs).sort((left, right) => left - right))
  for (const period of periods) {
    for (let first = 0; first <= gapsNeeded; first++) {
      const scrapes = scrapesAt(times.slice(first), period)
      const scraper = regularScraperOf(scrapes, period)
      if (scraper !== undefined) return { scraper, scrapes }
    }
  }
  return undefined
}

/** The first of these times, in descending order, and the earlier ones at distances of about one or two periods. */
function scrapesAt(times: readonly number[], period: number): readonly number[] {
  const scrapes = times.slice(0, 1)
  for (let time = times[0]; time !== undefined; ) {
    time = nearest(times, time - period, period) ?? nearest(times, time - 2 * period, period)
    if (time !== undefined) scrapes.push(time)
  }
  return scrapes
}

/** The time nearest to `wanted`, within twice the tolerance: `period` is one gap, which may differ from the mean as well. */
function nearest(times: readonly number[], wanted: number, period: number): number | undefined {
  const distance = (time: number) => Math.abs(time - wanted)
  const close = times.filter((time) => distance(time) <= 2 * tolerance * period)
  return close.length === 0 ? undefined : close.reduce((best, time) => (distance(time) < distance(best) ? time : best))
}

/** The scraper with these scrapes; undefined if they are irregular. */
function regularScraperOf(scrapes: readonly number[], period: number): RegularScraper | undefined {
  const [lastAt = 0] = scrapes
  const firstAt = scrapes.at(-1) ?? 0
  // The number of periods from each scrape to the last one.
  const periods = [0]
  for (const [index, time] of scrapes.slice(1).entries()) {
    periods.push((periods[index] ?? 0) + Math.round(((scrapes[index] ?? 0) - time) / period))
  }
  const count = periods.at(-1) ?? 0
  const mean = (lastAt - firstAt) / count
  const expected = scrapes.map((time, index) => time + (periods[index] ?? 0) * mean)
  const deviations = expected.slice(1).map((time, index) => Math.abs((expected[index] ?? time) - time))
  const isRegular =
    scrapes.length > gapsNeeded &&
    count + 1 - scrapes.length <= scrapes.length / scrapesPerMissing &&
    deviations.slice(0, gapsNeeded).every((deviation) => deviation <= tolerance * mean)
  if (!isRegular) return undefined
  // A scrape can be late, but not early.
  return { periodMs: roundest(mean, Math.max(...deviations) / count), at: Math.min(...expected), lastAt, irregular: 0 }
}

/** The error of a measured period, due to clocks and durations of requests, is below this fraction. */
const clockError = 0.005

/** The roundest period within the error of a measured one, because scrape intervals are round numbers. */
function roundest(period: number, error: number): number {
  const margin = Math.max(2 * error, clockError * period)
  for (const step of [15_000, 5000, 1000, 500, 100]) {
    const round = Math.round(period / step) * step
    if (round > 0 && Math.abs(round - period) <= margin) return round
  }
  return period
}

/** The time of the next scrape of a scraper after `now`. */
export function nextScrapeOf({ at, periodMs }: RegularScraper, now: number): number {
  return at + (Math.floor((now - at) / periodMs) + 1) * periodMs
}
