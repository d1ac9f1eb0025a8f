import { roundUp } from './intervals.ts'
import type { RegularScraper } from './regular-scrapers.ts'

/** The grid of polls: their planned times are its points. */
export interface Grid {
  /** The distance of its points. The intervals of all queries are multiples of it. */
  readonly seconds: number
  /** The time of a scrape that polls precede, in milliseconds; further scrapes follow at the same distance. Undefined without scrapes. */
  readonly scrapeAt: number | undefined
}

/** The timing of the poll cycles of one server. */
export interface CycleTiming {
  /** The shortest interval of poll cycles. */
  readonly unitSeconds: number
  /** Undefined if there is no regular scraper: queries then keep their own intervals, on the previous grid. */
  readonly grid: Grid | undefined
}

/** The longest interval between polls, also without any scrape. */
const longestSeconds = 60

/** The grid changes to another scraper only if that reduces the age of samples by this fraction of the period. */
const leastGain = 0.1

/**
 * The timing of the poll cycles for the regular scrapers of a server: the interval is the shortest multiple of a scrape
 * period that is not below `baseSeconds`, the shortest interval of a query. `isIdle`: the server was not scraped for five
 * minutes.
 */
export function cycleTimingOf(
  baseSeconds: number,
  scrapers: readonly RegularScraper[],
  isIdle: boolean,
  current: CycleTiming | undefined
): CycleTiming {
  const wanted = scrapers.map((scraper) => ({ scraper, grid: gridOf(scraper), unit: roundUp(baseSeconds, gridOf(scraper)) }))
  const unitSeconds = Math.min(...wanted.map(({ unit }) => unit))
  const shortest = wanted.filter(({ unit }) => unit === unitSeconds)
  // Of the scrapers that require this interval, those with the longest period.
  const seconds = Math.max(...shortest.map(({ grid }) => grid))
  const leaders = shortest.flatMap(({ scraper, grid }) => (grid === seconds ? [scraper] : []))
  if (leaders.length > 0) return { unitSeconds, grid: { seconds, scrapeAt: bestOf(leaders, seconds * 1000, current?.grid?.scrapeAt) } }
  if (!isIdle) return { unitSeconds: baseSeconds, grid: undefined }
  return { unitSeconds: roundUp(baseSeconds, longestSeconds), grid: { seconds: longestSeconds, scrapeAt: undefined } }
}

/** The period of the scrapes in seconds, divided into equal parts if it exceeds the longest interval between polls. */
function gridOf({ periodMs }: RegularScraper): number {
  const seconds = periodMs / 1000
  return seconds / Math.ceil(seconds / longestSeconds)
}

/** The scrape for which the maximum age of the samples that the other scrapers receive is the lowest. */
function bestOf(scrapers: readonly RegularScraper[], stepMs: number, current: number | undefined): number {
  const rated = scrapers.map(({ at }) => {
    const age = Math.max(...scrapers.map((other) => modulo(other.at - at, stepMs)))
    const isCurrent = current !== undefined && Math.abs(modulo(at - current + stepMs / 2, stepMs) - stepMs / 2) < leastGain * stepMs
    return { at, age: age - (isCurrent ? leastGain * stepMs : 0) }
  })
  return rated.reduce((best, one) => (one.age < best.age ? one : best)).at
}

/** The remainder from 0 to below `divisor`, also of a negative number. */
export function modulo(value: number, divisor: number): number {
  return value - Math.floor(value / divisor) * divisor
}
