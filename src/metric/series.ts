import type { LabelReader } from './label-reader.ts'
import { unpack } from './packed.ts'
import type { Sum } from './remainder.ts'
import { type Labels, toNumber } from './sample.ts'

/** A row between two polls: the text of its values as PostgreSQL last gave it. */
export interface TrackedRow {
  text: string
  /** By which it is known to be as it was; `''` without one. */
  fingerprint: string
  series: Series
  /** The number of the poll that last had it. */
  seenAt: number
  /** Whether it was ever the sum of several that could not be told apart. */
  isSum: boolean
}

export type Counters = readonly (number | undefined)[]

/** Counters that are shown until a time although PostgreSQL says others by now; without values they are shown as 0. */
export interface Hold {
  readonly until: number
  readonly counters: Counters | undefined
}

/** The place of a series on the page. Milliseconds. */
export interface Seat {
  readonly labels: Labels
  readonly since: number
  /** From when on what it moves is its own. */
  readonly countsFrom: number
  /** When it vanishes; undefined while it is wanted. */
  readonly leavesAt: number | undefined
}

/** The rows that share their labels, and what is shown of them. */
export interface Series {
  readonly labelsText: string
  readonly datname: string
  /** Whether it has the labels of a remainder by itself, and is never shown beside it. */
  readonly isOther: boolean
  rows: readonly TrackedRow[]
  /** For each ranking column how much it moved, halved every five minutes. */
  scores: readonly number[]
  /** The counters as they are shown, kept when the series leaves, for it may return. */
  counted: Counters | undefined
  seat: Seat | undefined
  goneAt: number | undefined
  /** The number of the last poll in which one of its rows went on from where it was. */
  continuedAt: number
  /** What rows had counted that were lost while others of the series went on. */
  lost: Counters | undefined
  /** While PostgreSQL's own values are shown: what is shown before them, one after the other. */
  holds: readonly Hold[]
  /** What the counters were at the last poll, by PostgreSQL or by our own count. */
  own: Counters | undefined
  /** Where what it moves goes while it is not its own. */
  other: Sum | undefined
}

/** Most series of thousands have nothing, and share it. */
const none: readonly never[] = []

/** A series without rows and without a place; `noScores` has a 0 for each ranking column. */
export function newSeries(
  labelsText: string,
  { datnameOf, isOther }: Pick<LabelReader, 'datnameOf' | 'isOther'>,
  noScores: readonly number[]
): Series {
  return {
    labelsText,
    datname: datnameOf(labelsText),
    isOther: isOther(labelsText),
    rows: none,
    scores: noScores,
    counted: undefined,
    seat: undefined,
    goneAt: undefined,
    continuedAt: 0,
    lost: undefined,
    holds: none,
    own: undefined,
    other: undefined
  }
}

/** An array that is spread has room for many more, and nearly every series has one row. */
export function addRow(series: Series, row: TrackedRow): void {
  series.rows = series.rows.length === 0 ? [row] : [...series.rows, row]
}

/** Whether it is shown and not about to leave. */
export function isMember({ seat }: Series): boolean {
  return seat !== undefined && seat.leavesAt === undefined
}

/** The numbers of a row's text; what is none is undefined. */
export function numbersOf(text: string): (number | undefined)[] {
  return unpack(text).map(toNumber)
}

/** The counters among them; what is none is undefined. */
export function countersOf(text: string, isCounter: readonly boolean[]): (number | undefined)[] {
  return unpack(text).map((field, column) => (isCounter[column] ? toNumber(field) : undefined))
}

/** What the rows of a series say together: counters add up, of gauges the largest holds. */
export function ownValues({ rows, lost }: Series, isCounter: readonly boolean[]): readonly (number | undefined)[] {
  const values = rows.map(({ text }) => numbersOf(text))
  const [first = isCounter.map(() => undefined), ...others] = lost === undefined ? values : [...values, lost]
  return others.reduce((total, row) => together(total, row, isCounter), first)
}

/** The counters among them. */
export function ownCounters(series: Series, isCounter: readonly boolean[]): Counters {
  return ownValues(series, isCounter).map((value, column) => (isCounter[column] ? value : undefined))
}

/** Two rows as one. */
export function together(
  left: readonly (number | undefined)[],
  right: readonly (number | undefined)[],
  isCounter: readonly boolean[]
): (number | undefined)[] {
  return left.map((value, column) => {
    const more = right[column]
    if (value === undefined || more === undefined) return value ?? more
    return isCounter[column] ? value + more : Math.max(value, more)
  })
}

/** Keeps what a row had counted when its entry is gone while others of its series go on: the series must not fall. */
export function keepLost(series: Series, text: string, isCounter: readonly boolean[]): void {
  const counters = countersOf(text, isCounter)
  series.lost = series.lost === undefined ? counters : together(series.lost, counters, isCounter)
}
