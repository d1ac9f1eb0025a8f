import { unpack } from './packed.ts'
import { ownValues, type Series } from './series.ts'

const halfLifeSeconds = 300

/** Below this nothing matters any more, and an array less is kept. */
const smallest = 1e-9

/** What ranks the series of a limited query: how much its counters moved recently, how large its gauges are. */
export class Scores {
  /** A 0 for each ranking column, which all series share that have not moved. */
  readonly none: readonly number[]
  readonly #ranking: readonly number[]
  readonly #isCounter: readonly boolean[]

  /** `ranking` are the indexes of the ranking columns among the value columns. */
  constructor(ranking: readonly number[], isCounter: readonly boolean[]) {
    this.none = ranking.map(() => 0)
    this.#ranking = ranking
    this.#isCounter = isCounter
  }

  /** Lets what counters moved fade with time, so that what moves now stands above what moved once. */
  decay(all: readonly Series[], seconds: number): void {
    const factor = 0.5 ** (seconds / halfLifeSeconds)
    for (const series of all) {
      if (series.scores === this.none) continue
      series.scores = series.scores.map((score, index) => (this.#isCounter[this.#ranking[index] ?? -1] ? score * factor : score))
      if (series.scores.every((score) => score < smallest)) series.scores = this.none
    }
  }

  moved(series: Series, deltas: readonly (number | undefined)[]): void {
    series.scores = series.scores.map((score, index) => score + (deltas[this.#ranking[index] ?? -1] ?? 0))
  }

  /** How large a row is by each ranking column. */
  sizesOf(text: string): readonly number[] {
    const fields = unpack(text)
    return this.#ranking.map((column) => Number(fields[column] ?? 0))
  }

  /** Gauges rank by what they are. */
  changed(all: Iterable<Series>): void {
    if (this.#ranking.every((column) => this.#isCounter[column])) return
    for (const series of all) {
      const own = ownValues(series, this.#isCounter)
      series.scores = series.scores.map((score, index) => {
        const column = this.#ranking[index] ?? -1
        return this.#isCounter[column] ? score : (own[column] ?? 0)
      })
    }
  }
}
