import type { Move } from './reading.ts'
import type { Counters, Series } from './series.ts'

/** Beyond this, entries come and go faster than scrapers could see it. */
const mostHolds = 8

/** Shows these counters for as long as every scraper needs to see them, after what is held already. */
export function hold(series: Series, counters: Counters | undefined, now: number, standStillMs: number): void {
  if (series.holds.length >= mostHolds) return
  const from = Math.max(now, series.holds.at(-1)?.until ?? 0)
  series.holds = [...series.holds, { until: from + standStillMs, counters }]
}

/** Every scraper must see the last value before a fall, and a 0 before what is new; `series.own` is still that of the last poll. */
export function holdFalls(moves: readonly Move[], now: number, standStillMs: number): void {
  const hasFallen = new Map<Series, boolean>()
  for (const { series, isReset, isNew, isPartial } of moves)
    if (!isPartial && (isReset || isNew)) hasFallen.set(series, isReset || (hasFallen.get(series) ?? false))
  for (const [series, isFall] of hasFallen) {
    if (isFall) hold(series, series.own, now, standStillMs)
    hold(series, undefined, now, standStillMs)
    series.lost = undefined
  }
}

/** What is shown of a series whose counters are PostgreSQL's own: what is held before them, or the last of one that is gone. */
export function heldOr(series: Series, own: Counters, now: number): Counters {
  if (series.holds.length === 0) return series.rows.length === 0 ? (series.counted ?? own) : own
  series.holds = series.holds.filter(({ until }) => until > now)
  const [first] = series.holds
  return first === undefined ? own : (first.counters ?? zerosOf(own))
}

/** What is shown of a series that counts by itself; from 0 what it has not counted yet. */
export function countedOr({ counted }: Series, own: Counters): Counters {
  return own.map((value, column) => counted?.[column] ?? (value === undefined ? undefined : 0))
}

/** What scrapers would still have seen counted if all that is held had been shown, and then `own`. */
export function owed({ holds, counted }: Series, own: Counters | undefined): Counters {
  const steps = [...holds.map(({ counters }) => counters), ...(own === undefined ? [] : [own])]
  const columns = counted ?? own ?? []
  return columns.map((from, column) => {
    if (from === undefined) return undefined
    let [before, sum] = [from, 0]
    for (const step of steps) {
      const value = step?.[column] ?? 0
      sum += value < before ? value : value - before
      before = value
    }
    return sum
  })
}

function zerosOf(counters: Counters): Counters {
  return counters.map((value) => (value === undefined ? undefined : 0))
}
