import { ownValues, type Series } from './series.ts'

const halfLifeSeconds = 300

/** Lets the scores of counters fade with time, so that what moves now stands above what moved once. */
export function decayScores(all: readonly Series[], ranking: readonly number[], isCounter: readonly boolean[], seconds: number): void {
  const factor = 0.5 ** (seconds / halfLifeSeconds)
  const counters = ranking.flatMap((column, index) => (isCounter[column] ? [index] : []))
  for (const { scores } of all) for (const index of counters) scores[index] = (scores[index] ?? 0) * factor
}

/** Gauges rank by what they are. */
export function scoreGauges(changed: Iterable<Series>, ranking: readonly number[], isCounter: readonly boolean[]): void {
  if (ranking.every((column) => isCounter[column])) return
  for (const series of changed) {
    const own = ownValues(series, isCounter)
    for (const [index, column] of ranking.entries()) if (!isCounter[column]) series.scores[index] = own[column] ?? 0
  }
}
