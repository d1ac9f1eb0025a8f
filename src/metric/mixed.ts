import { leastMovement } from './movement.ts'
import type { MixedMove } from './reading.ts'
import { numbersOf, together } from './series.ts'

/** The sum of rows that cannot be told apart. */
export interface MixedSum {
  readonly labelsText: string
  readonly values: readonly (number | undefined)[]
}

/** Adds a row to those that have the same part of a key, or where there is none the same labels. */
export function addMixed(sums: Map<string, MixedSum>, key: string, labelsText: string, text: string, isCounter: readonly boolean[]): void {
  const place = key === '()' ? labelsText : key
  const sum = sums.get(place)
  const values = sum === undefined ? numbersOf(text) : together(sum.values, numbersOf(text), isCounter)
  sums.set(place, { labelsText, values })
}

/** What they have moved since the last answer; nothing where it is not known what was there before. */
export function mixedMoves(
  sums: ReadonlyMap<string, MixedSum>,
  last: ReadonlyMap<string, MixedSum>,
  isBaseline: boolean,
  isCounter: readonly boolean[]
): readonly MixedMove[] {
  return [...sums].map(([place, { labelsText, values }]) => {
    const before = isBaseline ? values : (last.get(place)?.values ?? values.map(() => 0))
    return { labelsText, deltas: leastMovement(values, before).map((delta, column) => (isCounter[column] ? delta : undefined)) }
  })
}
