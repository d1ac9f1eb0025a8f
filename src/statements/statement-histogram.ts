import { type FamilyText, renderLabels, renderNumber } from '../metric/exposition.ts'
import type { Labels } from '../metric/sample.ts'
import { type Query, statementFamilies } from '../query/query.ts'
import { type CounterSet, CounterSets, type Numbers, type Times } from './counter-set.ts'

/** Upper bounds of the buckets, in seconds: from an index lookup to a long report. */
const bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

/** Columns of a counter set: the buckets, +Inf, then these. */
const [sumColumn, countColumn, newColumn] = [bounds.length + 1, bounds.length + 2, bounds.length + 3]
const zeros: Numbers = Array.from({ length: newColumn + 1 }, () => 0)

/** Statements remembered as known. */
const mostKnown = 50_000

/**
 * Counts, by database, executions by the mean time of their statement between two polls, and new statements. An entry
 * that was executed n times with the mean m adds n observations of m, so that sum and count are exact.
 */
export class StatementHistogram {
  readonly #families: ReturnType<typeof statementFamilies>
  readonly #labels: Labels
  readonly #sets = new CounterSets()
  readonly #known = new Set<string>()

  constructor(query: Query, labels: Labels) {
    this.#families = statementFamilies(query)
    this.#labels = labels
  }

  /** The counters of a database. */
  of(datname: string, now: number): CounterSet {
    return this.#sets.of(datname, now, () => ({ labels: { ...this.#labels, datname }, numbers: zeros }))
  }

  /** Counts executions of one entry since the last answer. */
  count(set: CounterSet, calls: number, seconds: number, times: Times): void {
    if (calls <= 0) return
    const bucket = bounds.findIndex((bound) => seconds / calls <= bound)
    const deltas = zeros.with(bucket === -1 ? bounds.length : bucket, calls)
    set.add(deltas.with(sumColumn, seconds).with(countColumn, calls), times)
  }

  /** Remembers a statement, by its labels; with a counter set, counts it if it was unknown. */
  learn(statement: string, set: CounterSet | undefined, times: Times): void {
    if (set !== undefined && !this.#known.has(statement)) set.add(zeros.with(newColumn, 1), times)
    this.#known.delete(statement)
    this.#known.add(statement)
    const [oldest] = this.#known
    if (this.#known.size > mostKnown && oldest !== undefined) this.#known.delete(oldest)
  }

  release(times: Times): void {
    this.#sets.release(times)
  }

  texts(isShown: (datname: string) => boolean): readonly FamilyText[] {
    return this.#sets.shown(isShown).flatMap((set) => [this.#histogramText(set), this.#newText(set)])
  }

  /** Source: Prometheus's documentation, "Exposition formats", "Histograms and summaries". */
  #histogramText({ labels, values }: CounterSet): FamilyText {
    const family = this.#families.intervalMean
    let below = 0
    const lines = [...bounds, Number.POSITIVE_INFINITY].map((bound, index) => {
      below += values[index] ?? 0
      return `${family.name}_bucket${renderLabels({ ...labels, le: renderNumber(bound) })} ${renderNumber(below)}\n`
    })
    lines.push(
      `${family.name}_sum${renderLabels(labels)} ${renderNumber(values[sumColumn] ?? 0)}\n`,
      `${family.name}_count${renderLabels(labels)} ${renderNumber(values[countColumn] ?? 0)}\n`
    )
    return { family, datname: labels.datname ?? '', text: Buffer.from(lines.join('')), samples: lines.length }
  }

  #newText({ labels, values }: CounterSet): FamilyText {
    const family = this.#families.newStatements
    const text = Buffer.from(`${family.name}${renderLabels(labels)} ${renderNumber(values[newColumn] ?? 0)}\n`)
    return { family, datname: labels.datname ?? '', text, samples: 1 }
  }
}
