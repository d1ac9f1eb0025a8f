import type { Movement } from './movement.ts'
import type { Entry } from './sample.ts'
import type { Series } from './series.ts'

/** What one series has moved since the last answer; of several of its rows each has a move of its own. */
export interface Move extends Movement {
  readonly series: Series
  /** Whether the row was not there before, so that all it has counted is new. */
  readonly isNew: boolean
  /** Whether another row of the series went on from where it was. */
  readonly isPartial: boolean
}

/** What rows that cannot be told apart have moved for certain. */
export interface MixedMove {
  readonly labelsText: string
  readonly deltas: readonly (number | undefined)[]
}

export interface Reading {
  /** Rows that are there, without those that stand twice. */
  readonly rows: number
  readonly moves: readonly Move[]
  readonly mixed: readonly MixedMove[]
  /** The series any of whose rows changed. */
  readonly changed: ReadonlySet<Series>
  readonly duplicates: number
  /** Whether no row goes on from where it was: all are new or began anew. */
  readonly isAllNew: boolean
}

/** What is shown of an answer, and what has moved. */
export interface Shown {
  /** Rows of the answer. */
  readonly rows: number
  readonly entries: readonly Entry[]
  /** Rows that the answer had twice, and series that are neither shown nor part of a remainder. */
  readonly duplicates: number
  readonly leftOut: number
  readonly moves: readonly Move[]
}
