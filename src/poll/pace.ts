import { roundUp } from './intervals.ts'
import type { Rhythm } from './rhythm.ts'

/** The grid of polls. */
export interface Grid {
  /** The intervals of all queries are multiples of it. */
  readonly seconds: number
  /** The time of a scrape that polls precede, in milliseconds; further scrapes follow at each point. Undefined without scrapes. */
  readonly scrapeAt: number | undefined
}

/** The pace of one server's polls. */
export interface Pace {
  /** The shortest interval of poll cycles. */
  readonly unitSeconds: number
  /** Undefined while the scrapers are unknown or irregular: queries then keep their own intervals, on the grid of before. */
  readonly grid: Grid | undefined
}

/** The longest interval between polls, also without any scrape. */
const longestSeconds = 60

/** The best scraper is replaced by another one only if that reduces the age of samples by this fraction of the period. */
const leastGain = 0.1

/**
 * The pace that suits the regular scrapers of a server: as rare as the shortest scrape period allows, and never faster
 * than the queries. `baseSeconds` is the shortest interval of a query; `isIdle` means that there were no scrapes for a
 * while.
 */
export function paceOf(baseSeconds: number, rhythms: readonly Rhythm[], isIdle: boolean, current: Pace | undefined): Pace {
  const wanted = rhythms.map((rhythm) => ({ rhythm, grid: gridOf(rhythm), unit: roundUp(baseSeconds, gridOf(rhythm)) }))
  const unitSeconds = Math.min(...wanted.map(({ unit }) => unit))
  const shortest = wanted.filter(({ unit }) => unit === unitSeconds)
  // Of scrapers that need the same polls, those that need each of them.
  const seconds = Math.max(...shortest.map(({ grid }) => grid))
  const leaders = shortest.flatMap(({ rhythm, grid }) => (grid === seconds ? [rhythm] : []))
  if (leaders.length > 0) return { unitSeconds, grid: { seconds, scrapeAt: bestOf(leaders, seconds * 1000, current?.grid?.scrapeAt) } }
  if (!isIdle) return { unitSeconds: baseSeconds, grid: undefined }
  return { unitSeconds: roundUp(baseSeconds, longestSeconds), grid: { seconds: longestSeconds, scrapeAt: undefined } }
}

/** The period of the scrapes, in seconds; if it is longer than polls may be apart, the longest equal part of it. */
function gridOf({ periodMs }: Rhythm): number {
  const seconds = periodMs / 1000
  return seconds / Math.ceil(seconds / longestSeconds)
}

/** The scrape to precede so that the oldest samples that another scraper receives are as new as possible. */
function bestOf(rhythms: readonly Rhythm[], stepMs: number, current: number | undefined): number {
  const rated = rhythms.map(({ at }) => {
    const age = Math.max(...rhythms.map((other) => modulo(other.at - at, stepMs)))
    const isCurrent = current !== undefined && Math.abs(modulo(at - current + stepMs / 2, stepMs) - stepMs / 2) < leastGain * stepMs
    return { at, age: age - (isCurrent ? leastGain * stepMs : 0) }
  })
  return rated.reduce((best, one) => (one.age < best.age ? one : best)).at
}

/** The remainder from 0 to below `divisor`, also of a negative number. */
export function modulo(value: number, divisor: number): number {
  return value - Math.floor(value / divisor) * divisor
}
