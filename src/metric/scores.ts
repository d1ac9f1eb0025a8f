import { unpack } from './packed.ts'
import { ownValues, type Series } from './series.ts'

const halfLifeSeconds = 300

/** Below this nothing matters any more, and an array less is kept. */
const smallest = 1e-9

/** How large the weight of what moves now may become before all scores are scaled down. */
const mostWeight = 2 ** 30

/** What ranks the series of a limited query: how much its counters moved recently, how large its gauges are. */
export class Scores {
  /** A 0 for each ranking column, which all series share that have not moved. */
  readonly none: readonly number[]
  readonly #ranking: readonly number[]
  readonly #isCounter: readonly boolean[]
  /** For each ranking column, whether it ranks by what moves; a gauge ranks by what it is. */
  readonly #isMoving: readonly boolean[]
  /** What moves now counts more and more, which is the same as if all that moved before faded, and costs nothing. */
  #weight = 1

  /** `ranking` are the indexes of the ranking columns among the value columns. */
  constructor(ranking: readonly number[], isCounter: readonly boolean[]) {
    this.none = ranking.map(() => 0)
    this.#ranking = ranking
    this.#isCounter = isCounter
    this.#isMoving = ranking.map((column) => isCounter[column] === true)
  }

  /** Lets what counters moved fade with time, so that what moves now stands above what moved once. */
  decay(all: readonly Series[], seconds: number): void {
    this.#weight *= 2 ** (seconds / halfLifeSeconds)
    if (this.#weight < mostWeight) return
    for (const series of all) {
      if (series.scores === this.none) continue
      series.scores = series.scores.map((score, index) => (this.#isMoving[index] ? score / this.#weight : score))
      if (series.scores.every((score) => score < smallest)) series.scores = this.none
    }
    this.#weight = 1
  }

  moved(series: Series, deltas: readonly (number | undefined)[]): void {
    series.scores = series.scores.map((score, index) => score + (deltas[this.#ranking[index] ?? -1] ?? 0) * this.#weight)
  }

  /** How large a row is by each ranking column. */
  sizesOf(text: string): readonly number[] {
    const fields = unpack(text)
    return this.#ranking.map((column) => Number(fields[column] || 0))
  }

  /** Gauges rank by what they are. */
  changed(all: Iterable<Series>): void {
    if (this.#isMoving.every((isMoving) => isMoving)) return
    for (const series of all) {
      const own = ownValues(series, this.#isCounter)
      series.scores = series.scores.map((score, index) => (this.#isMoving[index] ? score : (own[this.#ranking[index] ?? -1] ?? 0)))
    }
  }
}
