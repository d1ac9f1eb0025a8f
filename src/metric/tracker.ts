import { leastMovement, type Movement, movementOf } from './movement.ts'
import type { Row } from './sample.ts'
import { keepLost, newSeries, numbersOf, type Series, type TrackedRow, together } from './series.ts'

/** What one series has moved since the last answer; of several of its rows each has a move of its own. */
export interface Move extends Movement {
  readonly series: Series
  /** Whether the row was not there before, so that all it has counted is new. */
  readonly isNew: boolean
  readonly key: string
  /** Whether another row of the series went on from where it was. */
  readonly isPartial: boolean
}

/** What rows that cannot be told apart have moved for certain. */
export interface MixedMove {
  readonly labelsText: string
  readonly deltas: readonly (number | undefined)[]
}

export interface Reading {
  readonly moves: readonly Move[]
  readonly mixed: readonly MixedMove[]
  /** The series any of whose rows changed. */
  readonly changed: ReadonlySet<Series>
  readonly duplicates: number
  /** Whether no row goes on from where it was: all are new or began anew. */
  readonly isAllNew: boolean
}

export interface TrackerOptions {
  readonly isCounter: readonly boolean[]
  readonly rankingColumns: number
  /** Whether the second field of a packed row is its key; otherwise its labels are. */
  readonly hasKey: boolean
  readonly datnameOf: (labelsText: string) => string
}

/** Remembers every row between polls and tells what moved. */
export class Tracker {
  readonly #options: TrackerOptions
  readonly #rows = new Map<string, TrackedRow>()
  readonly #series = new Map<string, Series>()
  #sums = new Map<string, readonly (number | undefined)[]>()
  #polls = 0

  constructor(options: TrackerOptions) {
    this.#options = options
  }

  get series(): Iterable<Series> {
    return this.#series.values()
  }

  forget({ labelsText }: Series): void {
    this.#series.delete(labelsText)
  }

  /** Reads a packed answer. `isBaseline`: nothing of it is known to be new; `isWhole`: what is not in it is gone. */
  read(rows: readonly Row[], isBaseline: boolean, isWhole: boolean): Reading {
    const { hasKey, isCounter } = this.#options
    const poll = ++this.#polls
    const moves: (Omit<Move, 'isPartial'> & { readonly before: string | undefined })[] = []
    const changed = new Set<Series>()
    const sums = new Map<string, readonly (number | undefined)[]>()
    let duplicates = 0
    let continuing = 0
    for (const fields of rows) {
      const labelsText = fields[0] ?? ''
      const told = hasKey ? (fields[1] ?? undefined) : labelsText
      const text = fields.at(-1) ?? ''
      if (told === undefined) {
        const sum = sums.get(labelsText)
        sums.set(labelsText, sum === undefined ? numbersOf(text) : together(sum, numbersOf(text), isCounter))
        continue
      }
      const isSum = hasKey && told.endsWith('*')
      const key = isSum ? told.slice(0, -1) : told
      const last = this.#rows.get(key)
      if (last?.seenAt === poll) {
        duplicates++
        continue
      }
      const row = this.#placed(last ?? { text: '', series: this.#seriesOf(labelsText), seenAt: poll, isSum }, labelsText)
      if (last === undefined) this.#rows.set(key, row)
      row.seenAt = poll
      row.isSum ||= isSum
      const isNew = last === undefined
      if (!isNew && row.text === text) {
        row.series.continuedAt = poll
        continuing++
        continue
      }
      const before = isNew ? undefined : row.text
      row.text = text
      changed.add(row.series)
      if (isBaseline || (isNew && !isWhole)) continue
      const movement = movementOf(text, before, isCounter, row.isSum)
      if (!isNew && !movement.isReset) {
        row.series.continuedAt = poll
        continuing++
      }
      moves.push({ ...movement, series: row.series, isNew, key, before })
    }
    if (isWhole) this.#removeAbsent(poll)
    const mixed = this.#mixedMoves(sums, isBaseline || !isWhole)
    for (const { series, isReset, before } of moves)
      if (isReset && before !== undefined && series.continuedAt === poll) keepLost(series, before, isCounter)
    const told = moves.map((move) => ({ ...move, isPartial: move.series.continuedAt === poll }))
    return { moves: told, mixed, changed, duplicates, isAllNew: !isBaseline && isWhole && continuing === 0 }
  }

  /** Puts a row into the series of its labels, which change when a role or a database is renamed. */
  #placed(row: TrackedRow, labelsText: string): TrackedRow {
    if (row.series.labelsText !== labelsText) {
      const { series } = row
      series.rows = series.rows.filter((one) => one !== row)
      row.series = this.#seriesOf(labelsText)
    }
    if (!row.series.rows.includes(row)) row.series.rows = [...row.series.rows, row]
    return row
  }

  #seriesOf(labelsText: string): Series {
    const { rankingColumns, datnameOf } = this.#options
    const series = this.#series.get(labelsText) ?? newSeries(labelsText, datnameOf(labelsText), rankingColumns)
    this.#series.set(labelsText, series)
    return series
  }

  #removeAbsent(poll: number): void {
    for (const [key, row] of this.#rows) {
      if (row.seenAt === poll) continue
      this.#rows.delete(key)
      row.series.rows = row.series.rows.filter((one) => one !== row)
      if (row.series.continuedAt === poll) keepLost(row.series, row.text, this.#options.isCounter)
      if (row.series.rows.length === 0) row.series.lost = undefined
    }
  }

  #mixedMoves(sums: Map<string, readonly (number | undefined)[]>, isBaseline: boolean): readonly MixedMove[] {
    const last = this.#sums
    this.#sums = sums
    return [...sums].map(([labelsText, sum]) => {
      const before = last.get(labelsText) ?? (isBaseline ? sum : sum.map(() => 0))
      const deltas = isBaseline ? sum.map((value) => (value === undefined ? undefined : 0)) : leastMovement(sum, before)
      return { labelsText, deltas: deltas.map((delta, column) => (this.#options.isCounter[column] ? delta : undefined)) }
    })
  }
}
