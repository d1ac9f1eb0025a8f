import { type FamilyText, render } from '../metric/exposition.ts'
import { columnsMismatch, databaseOf, type Labels, readRows, toSamples } from '../metric/sample.ts'
import type { Top } from '../metric/top.ts'
import { isValueColumn, type Query } from '../query/query.ts'
import { ClassedError } from '../server/error-class.ts'
import type { Facts } from '../server/facts.ts'
import type { Session } from '../server/session.ts'

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
}

/** Asks one query in one session and renders the answer, limited by `top` where the query has one. Throws when it fails or answers other columns than its header's. */
export async function poll(query: Query, session: Session, facts: Facts, labels: Labels, top?: Top, bounds: Bounds = {}): Promise<Poll> {
  const { isShown = () => true, maxSamples = Number.POSITIVE_INFINITY } = bounds
  const { columns, rows, cutRows } = await session.run(located(query, facts), query)
  const mismatch = columnsMismatch(query, columns)
  if (mismatch !== undefined) throw new ClassedError('schema', mismatch)
  const { entries: all, illegal } = readRows(query, columns, rows, labels)
  const entries = all.filter((entry) => isShown(databaseOf(entry.labels)))
  const shown = top?.take(entries, cutRows === 0, performance.now()) ?? { entries, duplicates: 0 }
  const samples = toSamples(query, shown.entries)
  const { texts, duplicates } = render(samples.slice(0, maxSamples))
  const valueColumns = query.columns.filter(isValueColumn).length
  return {
    rows: rows.length,
    texts,
    dropped: {
      rows: cutRows * valueColumns,
      budget: Math.max(0, samples.length - maxSamples),
      duplicate: duplicates + shown.duplicates * valueColumns,
      illegal
    }
  }
}

/**
 * The SQL with `public.` before an object of a required extension replaced by the extension's real schema.
 * The schema itself never enters the search path: an operator planted there would run as our role.
 */
function located(query: Query, facts: Facts): string {
  let { sql } = query
  for (const requirement of query.requires) {
    const schema = requirement.kind === 'extension' ? facts.extensions.get(requirement.name)?.schema : undefined
    if (requirement.kind !== 'extension' || schema === undefined) continue
    sql = sql.replaceAll(new RegExp(`\\bpublic\\.(?=${requirement.name})`, 'g'), () => `${schema}.`)
  }
  return sql
}
