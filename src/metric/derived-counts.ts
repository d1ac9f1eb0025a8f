import { familiesOf, isValueColumn, type Query } from '../query/query.ts'
import { type FamilyText, renderLabels, renderNumber } from './exposition.ts'
import type { Shown } from './reading.ts'
import { addTo, Remainder, type Sum } from './remainder.ts'
import type { Family, Labels, Row } from './sample.ts'

/** From a fast index lookup to a report that takes minutes, in seconds. */
const bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

/** How many rows are remembered as seen. */
const mostSeen = 50_000

export interface DerivedCountsOptions {
  readonly labels: Labels
  readonly labelsOf: (labelsText: string) => Labels
  readonly standStillSeconds: () => number
}

/**
 * Counts what a limited query's rows do between polls: a row that moved n times with the mean m adds n
 * observations of m to a histogram, whose sum and count are those of the rows; a row never seen before is an
 * arrival. Columns of each sum: the bounds, +Inf, the histogram's sum, its count, the arrivals.
 */
export class DerivedCounts {
  readonly #query: Query
  readonly #options: DerivedCountsOptions
  readonly #sumColumn: number
  readonly #countColumn: number
  readonly #counts = new Remainder(bounds.length + 4)
  /** By the labels of a row, the sum to which it belongs once it has moved. */
  readonly #seen = new Map<string, Sum | undefined>()
  #isFirst = true

  constructor(query: Query, options: DerivedCountsOptions) {
    const columns = query.columns.filter(isValueColumn)
    this.#query = query
    this.#options = options
    this.#sumColumn = columns.findIndex(({ name }) => name === query.derived?.histogram?.sum)
    this.#countColumn = columns.findIndex(({ name }) => name === query.derived?.histogram?.count)
  }

  /** Counts an answer's movements and renders what has been counted. */
  take(rows: readonly Row[], { moves, entries }: Pick<Shown, 'moves' | 'entries'>, now: number): readonly FamilyText[] {
    // Every combination is there at 0 before it counts, so that the first thing it counts is seen.
    for (const { labels } of entries) this.#countOf(labels, now).seenAt = now
    for (const { series, deltas, isNew } of moves) {
      const { labelsText } = series
      const isArrival = isNew && !this.#seen.has(labelsText)
      // Parsing labels costs more than counting.
      const sum = this.#seen.get(labelsText) ?? this.#countOf(this.#options.labelsOf(labelsText), now)
      const seconds = deltas[this.#sumColumn]
      const times = deltas[this.#countColumn] ?? 0
      if (seconds !== undefined && times > 0) addTo(sum, observation(seconds, times))
      if (isArrival) addTo(sum, arrival)
      this.#remember(labelsText, sum)
    }
    // What the first answer has was there before.
    if (this.#isFirst) for (const [labelsText] of rows) this.#remember(labelsText ?? '', undefined)
    this.#isFirst = false
    if (this.#counts.settle(now)) for (const labelsText of this.#seen.keys()) this.#seen.set(labelsText, undefined)
    return this.#texts()
  }

  #countOf(labels: Labels, now: number): Sum {
    const per = this.#query.derived?.per ?? []
    const own = () => ({ ...this.#options.labels, ...Object.fromEntries(per.map((name) => [name, labels[name] ?? ''])) })
    const opensAt = this.#isFirst ? now : now + this.#options.standStillSeconds() * 1000
    const sum = this.#counts.of(per.map((name) => labels[name]).join('\n'), own, opensAt)
    if (sum.values[0] === undefined) addTo(sum, nothing)
    return sum
  }

  #remember(labelsText: string, sum: Sum | undefined): void {
    this.#seen.delete(labelsText)
    this.#seen.set(labelsText, sum)
    if (this.#seen.size <= mostSeen) return
    const [oldest] = this.#seen.keys()
    if (oldest !== undefined) this.#seen.delete(oldest)
  }

  #texts(): readonly FamilyText[] {
    const families = familiesOf(this.#query)
    const histogram = families.find(({ type }) => type === 'histogram')
    const arrivals = this.#query.derived?.arrivals && families.at(-1)
    return this.#counts
      .entries()
      .flatMap(({ labels, values }) => [
        ...(histogram === undefined ? [] : [histogramText(histogram, labels, values)]),
        ...(arrivals === undefined ? [] : [arrivalsText(arrivals, labels, values.at(-1) ?? 0)])
      ])
  }
}

const nothing: readonly number[] = Array.from({ length: bounds.length + 4 }, () => 0)
const arrival: readonly number[] = nothing.with(-1, 1)

/** Of buckets only the one in which it falls; they are added up when they are rendered. */
function observation(seconds: number, times: number): readonly number[] {
  const mean = seconds / times
  const bucket = bounds.findIndex((bound) => mean <= bound)
  return nothing
    .with(bucket === -1 ? bounds.length : bucket, times)
    .with(bounds.length + 1, seconds)
    .with(bounds.length + 2, times)
}

/** Source: Prometheus's documentation, "Exposition formats", "Histograms and summaries". */
function histogramText(family: Family, labels: Labels, values: readonly (number | undefined)[]): FamilyText {
  let below = 0
  const lines = [...bounds, Number.POSITIVE_INFINITY].map((bound, index) => {
    below += values[index] ?? 0
    return `${family.name}_bucket${renderLabels({ ...labels, le: renderNumber(bound) })} ${renderNumber(below)}\n`
  })
  const [sum = 0, count = 0] = values.slice(bounds.length + 1)
  lines.push(
    `${family.name}_sum${renderLabels(labels)} ${renderNumber(sum)}\n`,
    `${family.name}_count${renderLabels(labels)} ${renderNumber(count)}\n`
  )
  return { family, datname: labels.datname ?? '', text: Buffer.from(lines.join('')), samples: lines.length }
}

function arrivalsText(family: Family, labels: Labels, value: number): FamilyText {
  const text = Buffer.from(`${family.name}${renderLabels(labels)} ${renderNumber(value)}\n`)
  return { family, datname: labels.datname ?? '', text, samples: 1 }
}
