import { type Query, userLabel } from '../query/query.ts'
import { type FamilyText, render } from './exposition.ts'
import { type DatnameOf, databaseOf, type Entry, toSamples } from './sample.ts'

export interface RenderBounds {
  /** Samples beyond this number are dropped; an entry is rendered as a whole or not at all. */
  readonly maxSamples?: number | undefined
  readonly datnameOf?: DatnameOf
  /** Whether the rows of each user are rendered as a separate text. */
  readonly isByUser?: boolean
}

/** Rendered entries, and the samples dropped, by reason. */
export interface RenderedEntries {
  readonly texts: readonly FamilyText[]
  readonly dropped: { readonly budget: number; readonly duplicate: number }
}

/** Renders the entries of a query up to the sample limit. */
export function renderEntries(
  query: Query,
  entries: readonly Entry[],
  { maxSamples = Number.POSITIVE_INFINITY, datnameOf = databaseOf, isByUser = false }: RenderBounds = {}
): RenderedEntries {
  let [samples, budget, end] = [0, 0, 0]
  for (const { values } of entries) {
    let own = 0
    for (const value of values) if (value !== undefined) own++
    samples += own
    if (samples <= maxSamples) end++
    else budget += own
  }
  const fitting = entries.slice(0, end)
  const { texts, duplicates } = render(toSamples(query, fitting), datnameOf, isByUser ? (labels) => labels[userLabel] ?? '' : undefined)
  return { texts, dropped: { budget, duplicate: duplicates } }
}
