import { type Query, userLabel } from '../query/query.ts'
import { type FamilyText, labelBytes, render } from './exposition.ts'
import { type DatnameOf, databaseOf, type Entry, toSamples } from './sample.ts'
import { LimitedSamples, noLimit, type SampleLimit } from './sample-limit.ts'

export interface RenderBounds {
  /** Samples beyond the limit of their database are dropped; an entry is rendered as a whole or not at all. */
  readonly limitOf?: (datname: string) => SampleLimit
  readonly datnameOf?: DatnameOf
  /** Whether the rows of each user are rendered as a separate text. */
  readonly isByUser?: boolean
}

/** Rendered entries, and the samples dropped, by reason. */
export interface RenderedEntries {
  readonly texts: readonly FamilyText[]
  readonly dropped: { readonly budget: number; readonly bytes: number; readonly duplicate: number }
}

/** Renders the entries of a query up to the limit of each database. */
export function renderEntries(
  query: Query,
  entries: readonly Entry[],
  { limitOf = () => noLimit, datnameOf = databaseOf, isByUser = false }: RenderBounds = {}
): RenderedEntries {
  const limited = new LimitedSamples(limitOf)
  const dropped = { budget: 0, bytes: 0 }
  const fitting = entries.filter(({ labels, values }) => {
    let samples = 0
    for (const value of values) if (value !== undefined) samples++
    const exceeded = limited.add(datnameOf(labels), samples, samples * labelBytes(labels))
    if (exceeded !== undefined) dropped[exceeded] += samples
    return exceeded === undefined
  })
  const { texts, duplicates } = render(toSamples(query, fitting), datnameOf, isByUser ? (labels) => labels[userLabel] ?? '' : undefined)
  return { texts, dropped: { ...dropped, duplicate: duplicates } }
}
