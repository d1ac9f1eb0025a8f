import type { Labels } from './sample.ts'
import type { Series } from './series.ts'

export interface Seating {
  readonly now: number
  readonly standStillMs: number
  readonly labelsOf: (labelsText: string) => Labels
  /** Whether what enters waits until every scraper has seen it. */
  readonly entersStill: boolean
  /** Whether what leaves stays until every scraper has seen its last value. */
  readonly leavesStill: boolean
}

const shortestMembershipMs = 600_000

/** Gives a series its place on the page, keeps it, or takes it away. */
export function takeSeat(series: Series, isWanted: boolean, { now, standStillMs, labelsOf, entersStill, leavesStill }: Seating): void {
  const { seat } = series
  if (seat === undefined) {
    if (!isWanted) return
    const countsFrom = entersStill ? now + standStillMs : now
    series.seat = { labels: labelsOf(series.labelsText), since: now, countsFrom, leavesAt: undefined }
  } else if (isWanted) {
    if (seat.leavesAt !== undefined) series.seat = { ...seat, countsFrom: now, leavesAt: undefined }
  } else if (seat.leavesAt === undefined && leavesStill) {
    series.seat = { ...seat, leavesAt: Math.max(now + standStillMs, series.holds.at(-1)?.until ?? 0) }
  } else if (seat.leavesAt === undefined || seat.leavesAt <= now) {
    series.seat = undefined
  }
}

/**
 * Those that are not chosen but stay, since they have been shown for less than ten minutes: the youngest, and
 * never more than the limit, so that the page has a bound.
 */
export function youngest(present: readonly Series[], chosen: ReadonlySet<Series>, limit: number, now: number): readonly Series[] {
  return present
    .filter((series) => series.seat !== undefined && !chosen.has(series) && now - series.seat.since < shortestMembershipMs)
    .sort((left, right) => (right.seat?.since ?? 0) - (left.seat?.since ?? 0))
    .slice(0, limit)
}
