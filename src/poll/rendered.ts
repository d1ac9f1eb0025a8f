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
  const samples = toSamples(query, fitting(maxSamples, entries))
  const shown = render(samples, datnameOf)
  const columns = query.columns.filter(isValueColumn).length
  return {
    rows,
    texts: shown.texts,
    dropped: {
      rows: cutRows * columns,
      budget: samplesOf(entries) - samples.length,
      duplicate: shown.duplicates + duplicates * columns,
      illegal
    }
  }
}

/** As many of the first entries as fit, each with all of its samples. */
function fitting(maxSamples: number, entries: readonly Entry[]): readonly Entry[] {
  let samples = 0
  const end = entries.findIndex((entry) => {
    samples += samplesOf([entry])
    return samples > maxSamples
  })
  return end === -1 ? entries : entries.slice(0, end)
}

function samplesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { values }) => sum + values.filter((value) => value !== undefined).length, 0)
}
