/** Scrapes at a regular period. Times are in milliseconds. */
export interface Rhythm {
  readonly periodMs: number
  /** The earliest expected time of the last scrape. The next scrapes follow at multiples of the period. */
  readonly at: number
  /** The time of the last scrape. */
  readonly lastAt: number
  /** The number of last scrapes that were too irregular for the rhythm to be found again; missing ones count more. */
  readonly irregular: number
}

/** Scrapes are regular if the last four gaps differ from their mean by at most this fraction of the period. */
const gapsNeeded = 4
const tolerance = 0.05
/** At most one in so many scrapes may be missing. */
const scrapesPerMissing = 5
/** At least this fraction of the requests since the first scrape is regular. Among many others, some are so by chance. */
const leastRegular = 0.75
/** A known rhythm continues with scrapes that are late by less than this fraction of the period, a number of times. */
const latest = 0.25
const mostIrregular = 24
/** A missing scrape and another request count as so many late scrapes. */
const lateScrapesPerOther = 4
/** A rhythm ends when no scrape of it came for this number of periods. */
const periodsMissed = 3.5
/** Shorter periods are load tests or retries, not scrapes. */
const [shortestMs, longestMs] = [900, 600_000]

/** The number of times in which `findRhythms` finds two scrapers of the same address. */
export const timesNeeded = 16

/**
 * The rhythms of an address after another request, the last of `times`. On a busy machine scrapes are late; without the
 * known rhythms, every second one of them would be found as a rhythm with twice the period.
 */
export function continueRhythms(known: readonly Rhythm[], times: readonly number[]): readonly Rhythm[] {
  const now = times.at(-1) ?? 0
  const found = findRhythms(times)
  const kept = known.flatMap((rhythm) => {
    const isFound = found.some(({ periodMs, lastAt }) => periodMs === rhythm.periodMs && includes(rhythm, lastAt))
    if (isFound || rhythm.irregular >= mostIrregular || hasEnded(rhythm, now)) return []
    const isOwn = includes(rhythm, now)
    const isNext = isOwn && now - rhythm.lastAt < 1.5 * rhythm.periodMs
    const irregular = rhythm.irregular + (isNext ? 1 : lateScrapesPerOther)
    return [{ ...rhythm, lastAt: isOwn ? now : rhythm.lastAt, irregular }]
  })
  return [...kept, ...found.filter(({ lastAt }) => !kept.some((rhythm) => includes(rhythm, lastAt)))]
}

/** Whether no scrape of the rhythm came for several periods. */
export function hasEnded({ lastAt, periodMs }: Rhythm, now: number): boolean {
  return now - lastAt > periodsMissed * periodMs
}

/** Whether a scrape at this time can be one of the rhythm. */
function includes({ at, periodMs }: Rhythm, time: number): boolean {
  const late = time - at - Math.round((time - at) / periodMs) * periodMs
  return late >= -tolerance * periodMs && late <= latest * periodMs
}

/**
 * Finds the regular scrapes among the times of all requests of one address, oldest first. Other requests between them are
 * ignored. Two Prometheus servers behind one address are two rhythms.
 */
export function findRhythms(times: readonly number[]): readonly Rhythm[] {
  const found: { readonly rhythm: Rhythm; readonly scrapes: readonly number[] }[] = []
  let rest = [...times].reverse()
  for (let next = shortestRhythm(rest); next !== undefined; next = shortestRhythm(rest)) {
    const { scrapes } = next
    found.push(next)
    rest = rest.filter((time) => !scrapes.includes(time))
  }
  return found.flatMap(({ rhythm, scrapes }) => {
    const isSince = (time: number) => time >= (scrapes.at(-1) ?? time)
    return rest.filter(isSince).length <= (1 - leastRegular) * times.filter(isSince).length ? [rhythm] : []
  })
}

/** The rhythm with the shortest period, and its scrapes, among times in descending order. It ends with one of the last of them. */
function shortestRhythm(times: readonly number[]) {
  const gaps = times.slice(1).flatMap((time, index) => [(times[index] ?? time) - time, (times[0] ?? time) - time])
  const periods = new Set(gaps.filter((gap) => gap >= shortestMs && gap <= longestMs).sort((left, right) => left - right))
  for (const period of periods) {
    for (let first = 0; first <= gapsNeeded; first++) {
      const scrapes = scrapesAt(times.slice(first), period)
      const rhythm = rhythmOf(scrapes, period)
      if (rhythm !== undefined) return { rhythm, scrapes }
    }
  }
  return undefined
}

/** The first of these times and those that follow after about one or two periods each. */
function scrapesAt(times: readonly number[], period: number): readonly number[] {
  const scrapes = times.slice(0, 1)
  for (let time = times[0]; time !== undefined; ) {
    time = nearest(times, time - period, period) ?? nearest(times, time - 2 * period, period)
    if (time !== undefined) scrapes.push(time)
  }
  return scrapes
}

/** The time nearest to another one. The given period is one gap, which may differ from the mean in the opposite direction. */
function nearest(times: readonly number[], wanted: number, period: number): number | undefined {
  const distance = (time: number) => Math.abs(time - wanted)
  const close = times.filter((time) => distance(time) <= 2 * tolerance * period)
  return close.length === 0 ? undefined : close.reduce((best, time) => (distance(time) < distance(best) ? time : best))
}

/** The rhythm of these scrapes; undefined if they are irregular. */
function rhythmOf(scrapes: readonly number[], period: number): Rhythm | undefined {
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

/** Clocks and the durations of requests change a measured period by less than this fraction. */
const clockError = 0.005

/** The roundest period that a measured one can be: scrape intervals are round numbers, in milliseconds. */
function roundest(period: number, error: number): number {
  const margin = Math.max(2 * error, clockError * period)
  for (const step of [15_000, 5000, 1000, 500, 100]) {
    const round = Math.round(period / step) * step
    if (round > 0 && Math.abs(round - period) <= margin) return round
  }
  return period
}

/** The first scrape of a rhythm after `now`. */
export function nextOf({ at, periodMs }: Rhythm, now: number): number {
  return at + (Math.floor((now - at) / periodMs) + 1) * periodMs
}
