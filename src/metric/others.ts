import type { LabelReader } from './label-reader.ts'
import { addTo, Remainder, type Sum } from './remainder.ts'
import type { Entry } from './sample.ts'
import { ownCounters, type Series } from './series.ts'

/** The `other` rows of a limited query: one sum for each combination of the labels that remain. */
export class Others {
  readonly #labels: LabelReader
  readonly #isCounter: readonly boolean[]
  readonly #remainder: Remainder

  constructor(labels: LabelReader, isCounter: readonly boolean[]) {
    this.#labels = labels
    this.#isCounter = isCounter
    this.#remainder = new Remainder(isCounter.length)
  }

  /** The sum to which a series belongs while it is not shown; it has the counters that the series has. */
  of(series: Series, opensAt: number): Sum {
    if (series.other === undefined) {
      series.other = this.sumOf(series.labelsText, opensAt)
      if (series.other.values.every((value) => value === undefined)) {
        addTo(
          series.other,
          ownCounters(series, this.#isCounter).map((value) => (value === undefined ? undefined : 0))
        )
      }
    }
    return series.other
  }

  sumOf(labelsText: string, opensAt: number): Sum {
    const { remainingOf, otherLabelsOf } = this.#labels
    return this.#remainder.of(remainingOf(labelsText), () => otherLabelsOf(labelsText), opensAt)
  }

  settle(now: number): void {
    this.#remainder.settle(now)
  }

  entries(): readonly Entry[] {
    return this.#remainder.entries()
  }
}
