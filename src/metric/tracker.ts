import type { LabelReader } from './label-reader.ts'
import { addMixed, type MixedSum, mixedMoves } from './mixed.ts'
import { movementOf } from './movement.ts'
import type { Move, Reading } from './reading.ts'
import { isWhole } from './row-key.ts'
import type { Row } from './sample.ts'
import { addRow, keepLost, newSeries, type Series, type TrackedRow } from './series.ts'
import { Watching } from './watching.ts'

/** What has been read of an answer. */
interface AnswerSoFar {
  readonly isBaseline: boolean
  readonly isWhole: boolean
  readonly moves: (Omit<Move, 'isPartial'> & { readonly before: string | undefined })[]
  readonly changed: Set<Series>
  /** Of rows that cannot be told apart, by as much of their key as there is, or else by their labels. */
  readonly sums: Map<string, MixedSum>
  duplicates: number
  rows: number
  /** Rows that went on from where they were. */
  continuing: number
}

export interface TrackerOptions {
  readonly isCounter: readonly boolean[]
  /** A 0 for each ranking column. */
  readonly noScores: readonly number[]
  /** Whether the second field of a packed row is its key; otherwise its labels are. */
  readonly hasKey: boolean
  /** Whether the last field but one is its fingerprint. */
  readonly hasFingerprint: boolean
  readonly labels: LabelReader
}

/** So many polls a row may be cut from the answer before it is forgotten. */
const pollsKept = 40

/** Remembers every row between polls and tells what moved. */
export class Tracker {
  readonly #options: TrackerOptions
  readonly #rows = new Map<string, TrackedRow>()
  readonly #series = new Map<string, Series>()
  readonly watching = new Watching()
  #sums: ReadonlyMap<string, MixedSum> = new Map()
  /** Whether nothing was missing in the last answer; then what is in this one for the first time is new. */
  #wasWhole = false
  #polls = 0
  #answer: AnswerSoFar = {
    isBaseline: true,
    isWhole: true,
    moves: [],
    changed: new Set(),
    sums: new Map(),
    duplicates: 0,
    rows: 0,
    continuing: 0
  }

  constructor(options: TrackerOptions) {
    this.#options = options
  }

  get series(): Iterable<Series> {
    return this.#series.values()
  }

  forget({ labelsText }: Series): void {
    this.#series.delete(labelsText)
  }

  /** A packed answer begins. `isBaseline`: nothing of it is known to be new; `isWhole`: what is not in it is gone. */
  begin(isBaseline: boolean, isWhole: boolean): void {
    this.#polls++
    this.#answer = { isBaseline, isWhole, moves: [], changed: new Set(), sums: new Map(), duplicates: 0, rows: 0, continuing: 0 }
  }

  /** Reads rows of the answer; it may come in parts, so that nothing else waits long. */
  add(rows: readonly Row[]): void {
    for (const row of rows) this.#read(row)
  }

  /** The answer is complete, with these rows that were not read again: what has moved. */
  end(unmoved: readonly TrackedRow[] = []): Reading {
    for (const row of unmoved) {
      if (row.seenAt === this.#polls) continue
      row.seenAt = this.#polls
      this.#answer.rows++
      this.#continue(row)
    }
    const { rows, isBaseline, isWhole, moves, changed, sums, duplicates, continuing } = this.#answer
    this.#removeAbsent(isWhole)
    const mixed = mixedMoves(sums, this.#sums, isBaseline || !this.#knowsAll, this.#options.isCounter)
    this.#sums = sums
    for (const { series, isReset, before } of moves)
      if (isReset && before !== undefined && this.#goesOn(series)) keepLost(series, before, this.#options.isCounter)
    this.watching.polled(moves.length, this.#rows.size)
    // What was cut would be asked for as moved, and be kept beyond the bound.
    if (!isWhole) this.watching.stop()
    const told = moves.map((move) => ({ ...move, isPartial: this.#goesOn(move.series) }))
    const isAllNew = !isBaseline && this.#knowsAll && continuing === 0
    this.#wasWhole = isWhole
    return { rows: rows - duplicates, moves: told, mixed, changed, duplicates, isAllNew }
  }

  /** Whether what is not known cannot have been there before. */
  get #knowsAll(): boolean {
    return this.#wasWhole && this.#answer.isWhole
  }

  #read(fields: Row): void {
    const { hasKey, hasFingerprint, isCounter } = this.#options
    const answer = this.#answer
    const labelsText = fields[0] ?? ''
    const told = hasKey ? (fields[1] ?? '()') : labelsText
    const text = fields[fields.length - 1] ?? ''
    answer.rows++
    if (hasKey && !isWhole(told)) {
      addMixed(answer.sums, told, labelsText, text, isCounter)
      return
    }
    const isSum = hasKey && /\*"?\)$/.test(told)
    const key = isSum ? told.replace(/\*(?="?\)$)/, '') : told
    const last = this.#rows.get(key)
    if (last?.seenAt === this.#polls) {
      answer.duplicates++
      return
    }
    const row = last ?? this.#newRow(key, labelsText)
    if (row.series.labelsText !== labelsText) this.#move(row, this.#seriesOf(labelsText))
    row.seenAt = this.#polls
    row.isSum ||= isSum
    if (hasFingerprint) this.watching.keep(row, fields[fields.length - 2] ?? '')
    if (last !== undefined && row.text === text) {
      this.#continue(row)
      return
    }
    const before = last === undefined ? undefined : row.text
    row.text = text
    answer.changed.add(row.series)
    if (answer.isBaseline || (last === undefined && !this.#knowsAll)) return
    const movement = movementOf(text, before, isCounter, row.isSum)
    if (last !== undefined && !movement.isReset) this.#continue(row)
    answer.moves.push({ ...movement, series: row.series, isNew: last === undefined, before })
  }

  #continue({ series }: TrackedRow): void {
    series.continuedAt = this.#polls
    this.#answer.continuing++
  }

  #goesOn(series: Series): boolean {
    return series.continuedAt === this.#polls
  }

  #newRow(key: string, labelsText: string): TrackedRow {
    const row: TrackedRow = { text: '', fingerprint: '', series: this.#seriesOf(labelsText), seenAt: this.#polls, isSum: false }
    addRow(row.series, row)
    this.#rows.set(key, row)
    return row
  }

  /** To the series of its new labels, which change when a role or a database is renamed. */
  #move(row: TrackedRow, series: Series): void {
    row.series.rows = row.series.rows.filter((one) => one !== row)
    row.series = series
    addRow(series, row)
  }

  #seriesOf(labelsText: string): Series {
    const { noScores, labels } = this.#options
    const series = this.#series.get(labelsText) ?? newSeries(labelsText, labels, noScores)
    this.#series.set(labelsText, series)
    return series
  }

  /** What was cut from the answer may still be there; but a gauge that is not told is not known, and nothing is kept for ever. */
  #removeAbsent(isWhole: boolean): void {
    const kept = isWhole || !this.#options.isCounter.includes(true) ? 0 : pollsKept
    for (const [key, row] of this.#rows) {
      if (this.#polls - row.seenAt <= kept) continue
      this.#rows.delete(key)
      this.watching.keep(row, '')
      row.series.rows = row.series.rows.filter((one) => one !== row)
      if (this.#goesOn(row.series)) keepLost(row.series, row.text, this.#options.isCounter)
      if (row.series.rows.length === 0) row.series.lost = undefined
    }
  }
}
