import { type FamilyText, render } from '../metric/exposition.ts'
import { type DatnameOf, type Entry, toSamples } from '../metric/sample.ts'
import { isValueColumn, type Query } from '../query/query.ts'

/** What one poll of one query gave. */
export interface Poll {
  readonly rows: number
  readonly texts: readonly FamilyText[]
  /** Samples that are missing on the page, by reason. */
  readonly dropped: Readonly<Record<'rows' | 'budget' | 'duplicate' | 'illegal', number>>
}

/** What of an answer may be shown. */
export interface Bounds {
  readonly isShown?: (datname: string) => boolean
  readonly maxSamples?: number
  /** Changes when what was hidden may be shown now, so that it is not taken for new. */
  readonly visible?: string
}

/** What was missing before anything was rendered. */
export interface Missing {
  readonly cutRows: number
  readonly duplicates: number
  readonly illegal: number
}

/** Renders entries within the bound of samples, and counts what is missing. */
export function rendered(
  query: Query,
  rows: number,
  entries: readonly Entry[],
  { cutRows, duplicates, illegal }: Missing,
  { maxSamples = Number.POSITIVE_INFINITY }: Bounds,
  datnameOf?: DatnameOf
): Poll {
  const samples = toSamples(query, entries)
  const shown = render(samples.slice(0, maxSamples), datnameOf)
  const columns = query.columns.filter(isValueColumn).length
  return {
    rows,
    texts: shown.texts,
    dropped: {
      rows: cutRows * columns,
      budget: Math.max(0, samples.length - maxSamples),
      duplicate: shown.duplicates + duplicates * columns,
      illegal
    }
  }
}
