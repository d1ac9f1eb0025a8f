import { countersOf } from './series.ts'

/** What a row has moved since the last answer. */
export interface Movement {
  /** Of each counter; undefined where it is no counter or not measured. */
  readonly deltas: readonly (number | undefined)[]
  /** Whether its entry began anew: then all that it has counted is new. */
  readonly isReset: boolean
}

/** Compares a row's text with its last one; without one all that it has counted is new. A sum that falls has lost a part, and began not anew. */
export function movementOf(text: string, last: string | undefined, isCounter: readonly boolean[], isSum: boolean): Movement {
  const values = countersOf(text, isCounter)
  if (last === undefined) return { deltas: values, isReset: false }
  const before = countersOf(last, isCounter)
  const isReset = values.some((value, column) => value !== undefined && value < (before[column] ?? 0))
  if (isReset && isSum) return { deltas: leastMovement(values, before), isReset: false }
  const deltas = values.map((value, column) => {
    if (value === undefined) return undefined
    const from = before[column]
    // A column that was not measured until now says nothing of since when it counts.
    if (from === undefined) return 0
    return isReset ? value : value - from
  })
  return { deltas, isReset }
}

/** What can be known of rows that cannot be told apart: a fall of their sum hides what moved, and counts as nothing. */
export function leastMovement(
  sum: readonly (number | undefined)[],
  last: readonly (number | undefined)[]
): readonly (number | undefined)[] {
  return sum.map((value, column) => (value === undefined ? undefined : Math.max(0, value - (last[column] ?? value))))
}
