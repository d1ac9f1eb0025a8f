import type { DerivedColumn } from './column.ts'
import { type Column, type Derived, isValueColumn } from './query.ts'

/** The settings that say how derived families are counted. */
export interface DerivedSettings {
  readonly means: { readonly sum: string; readonly count: string } | undefined
  readonly per: readonly string[] | undefined
}

/** Reads `seconds_total / calls_total`. */
export function parseMeans(text: string): DerivedSettings['means'] | undefined {
  const [, sum, count] = /^([a-z][a-z0-9_]*) \/ ([a-z][a-z0-9_]*)$/.exec(text) ?? []
  return sum === undefined || count === undefined ? undefined : { sum, count }
}

/** Puts derived families together with their settings; undefined when the file has none. */
export function derivedOf(families: readonly DerivedColumn[], { means, per = [] }: DerivedSettings): Derived | undefined {
  const histogram = families.find(({ kind }) => kind === 'histogram')
  const arrivals = families.find(({ kind }) => kind === 'arrivals')
  if (histogram === undefined && arrivals === undefined) return undefined
  return { per, arrivals, histogram: histogram && means && { ...histogram, ...means } }
}

/** What is wrong with derived families and their settings. */
export function mistakesInDerived(
  families: readonly DerivedColumn[],
  { means, per }: DerivedSettings,
  columns: readonly Column[],
  isLimited: boolean
): readonly string[] {
  const isCounter = (name: string) => columns.some((column) => isValueColumn(column) && column.kind === 'counter' && column.name === name)
  const isLabel = (name: string) => columns.some((column) => column.kind === 'label' && column.name === name)
  const kinds = families.map(({ kind }) => kind)
  return [
    ...(families.length > 0 && !isLimited ? [`${kinds[0]} is declared without top, which alone compares rows between polls`] : []),
    ...(new Set(kinds).size < kinds.length ? ['there is more than one histogram or more than one arrivals'] : []),
    ...(kinds.includes('histogram') && means === undefined ? ['the histogram has no "means: seconds_total / calls_total"'] : []),
    ...(means !== undefined && !kinds.includes('histogram') ? ['means is set without a histogram'] : []),
    ...(per !== undefined && families.length === 0 ? ['per is set without a histogram or arrivals'] : []),
    ...[means?.sum, means?.count].flatMap((name) =>
      name === undefined || isCounter(name) ? [] : [`means names ${name}, which is no counter of this file`]
    ),
    ...(per ?? []).filter((name) => !isLabel(name)).map((name) => `per names ${name}, which is no label of this file`)
  ]
}
