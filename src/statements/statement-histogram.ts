import { type FamilyText, renderLabels, renderNumber } from '../metric/exposition.ts'
import type { Family, Labels } from '../metric/sample.ts'
import { hasStatementFamilies, type Query, statementFamilies } from '../query/query.ts'
import { type CounterSet, CounterSets, type Numbers, type Times } from './counter-set.ts'

/** The upper bounds of the buckets, in seconds. */
const bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, Infinity]

/** The columns of a counter set: the buckets, then these. */
const [sumColumn, countColumn, newColumn] = [bounds.length, bounds.length + 1, bounds.length + 2]
const zeros: Numbers = Array.from({ length: newColumn + 1 }, () => 0)

/** The maximum number of known statements that are remembered. Beyond it, the database with the most statements forgets one. */
const mostKnown = 50_000

/**
 * Counts new statements, and executions by the mean execution time of their statement between two polls, for each
 * database. An entry with n executions and a mean of m adds n observations of m; sum and count are therefore exact.
 */
export class StatementHistogram {
  readonly #families: ReturnType<typeof statementFamilies> | undefined
  readonly #labels: Labels
  /** The counters by database. */
  readonly sets = new CounterSets()
  /** The known statements by database. */
  readonly #known = new Map<string, Set<string>>()
  #knownCount = 0

  constructor(query: Query, labels: Labels) {
    this.#families = hasStatementFamilies(query) ? statementFamilies(query) : undefined
    this.#labels = labels
  }

  /** The counters of a database, created if necessary. Each call keeps them for another two hours. */
  open(datname: string, times: Times): CounterSet {
    return this.sets.of(datname, times, () => [{ ...this.#labels, datname }, zeros])
  }

  /** Counts the executions of one entry since the last poll. */
  count(datname: string, calls: number, seconds: number, times: Times): void {
    if (calls <= 0) return
    const bucket = bounds.findIndex((bound) => seconds / calls <= bound)
    this.open(datname, times).add(zeros.with(bucket, calls).with(sumColumn, seconds).with(countColumn, calls), times)
  }

  /** Remembers a statement of a database by its labels. If it is counted and was unknown, counts it as new. */
  learn(statement: string, datname: string, isCounted: boolean, times: Times): void {
    const known = this.#known.get(datname) ?? new Set()
    this.#known.set(datname, known)
    const isKnown = known.delete(statement)
    known.add(statement)
    if (isKnown) return
    if (isCounted) this.open(datname, times).add(zeros.with(newColumn, 1), times)
    if (++this.#knownCount > mostKnown) this.#forgetOne()
  }

  /** Forgets the oldest statement of the database with the most, so that one database does not displace the statements of others. */
  #forgetOne(): void {
    const most = [...this.#known.values()].reduce((largest, set) => (set.size > largest.size ? set : largest))
    const [oldest] = most
    if (oldest !== undefined) most.delete(oldest)
    this.#knownCount--
  }

  /** Source: Prometheus's documentation, "Exposition formats", "Histograms and summaries". */
  texts(): readonly FamilyText[] {
    if (this.#families === undefined) return []
    const { intervalMean, newStatements } = this.#families
    return this.sets.all.flatMap(({ labels, values }) => {
      const line = (name: string, value = 0, own = labels) => `${name}${renderLabels(own)} ${renderNumber(value)}\n`
      const textOf = (family: Family, ...lines: readonly string[]): FamilyText => {
        return { family, datname: labels.datname ?? '', text: Buffer.from(lines.join('')), samples: lines.length }
      }
      let below = 0
      const buckets = bounds.map((bound, index) => {
        below += values[index] ?? 0
        return line(`${intervalMean.name}_bucket`, below, { ...labels, le: renderNumber(bound) })
      })
      const sum = line(`${intervalMean.name}_sum`, values[sumColumn])
      const count = line(`${intervalMean.name}_count`, values[countColumn])
      return [textOf(intervalMean, ...buckets, sum, count), textOf(newStatements, line(newStatements.name, values[newColumn]))]
    })
  }
}
