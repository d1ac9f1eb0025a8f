import { setImmediate } from 'node:timers/promises'
import type { DerivedCounts } from '../metric/derived-counts.ts'
import { type FamilyText, render } from '../metric/exposition.ts'
import { columnsSql, packedSql } from '../metric/packed.ts'
import { columnsMismatch, databaseOf, type Entry, type Labels, readRows, rowsLeftOut, toSamples } from '../metric/sample.ts'
import type { Top } from '../metric/top.ts'
import { isValueColumn, type Query } from '../query/query.ts'
import { ClassedError } from '../server/error-class.ts'
import type { Facts } from '../server/facts.ts'
import type { Session } from '../server/session.ts'
import { pollLookup } from './poll-lookup.ts'
import type { Memory } from './tops.ts'

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

/** Asks one query in one session and renders the answer, with what it remembers. Throws when it fails or answers other columns than its header's. */
export async function poll(
  query: Query,
  session: Session,
  facts: Facts,
  labels: Labels,
  memory?: Memory,
  bounds: Bounds = {}
): Promise<Poll> {
  const sql = located(query, facts)
  if (memory?.top !== undefined) return await pollTop(query, sql, session, memory.top, memory.derived, bounds)
  if (memory?.lookup !== undefined && query.lookup !== undefined) {
    const { rows, texts, duplicates } = await pollLookup({ ...query, lookup: query.lookup }, sql, session, labels, {
      lookup: memory.lookup,
      shownLabels: memory.shownLabels
    })
    return { rows, texts, dropped: { rows: 0, budget: 0, duplicate: duplicates, illegal: 0 } }
  }
  const { columns, rows, cutRows } = await session.run(sql, query)
  refuseOtherColumns(query, columns)
  const { isShown = () => true } = bounds
  const { entries, illegal } = readRows(query, columns, rows, labels)
  const shown = entries.filter((entry) => isShown(databaseOf(entry.labels)))
  const cut = cutRows + rowsLeftOut(query, columns, rows)
  return rendered(query, rows.length, shown, { cutRows: cut, duplicates: 0, illegal }, bounds)
}

/** So many rows are read before whatever else waits, such as a scrape, has its turn. */
const rowsAtOnce = 1000

async function pollTop(
  query: Query,
  sql: string,
  session: Session,
  top: Top,
  derived: DerivedCounts | undefined,
  bounds: Bounds
): Promise<Poll> {
  if (!top.isChecked) refuseOtherColumns(query, (await session.run(columnsSql(sql), query)).columns)
  top.isChecked = true
  const answer = await session.run(packedSql(query, sql), query)
  const { isShown } = bounds
  // What must not be shown must not feed `other` either.
  const rows = isShown === undefined ? answer.rows : answer.rows.filter(([labelsText]) => isShown(top.labels.datnameOf(labelsText ?? '')))
  const cut = answer.cutRows + rowsLeftOut(query, answer.columns, answer.rows)
  top.begin(cut === 0)
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    top.add(rows.slice(from, from + rowsAtOnce))
    await setImmediate()
  }
  const now = performance.now()
  const { entries, duplicates, leftOut, moves } = top.end(now)
  await setImmediate()
  const own = rendered(query, rows.length, entries, { cutRows: cut + leftOut, duplicates, illegal: 0 }, bounds)
  const counted = derived?.take(rows, { entries, moves }, now) ?? []
  return { ...own, texts: [...own.texts, ...counted] }
}

function rendered(
  query: Query,
  rows: number,
  entries: readonly Entry[],
  { cutRows, duplicates, illegal }: { cutRows: number; duplicates: number; illegal: number },
  { maxSamples = Number.POSITIVE_INFINITY }: Bounds
): Poll {
  const samples = toSamples(query, entries)
  const shown = render(samples.slice(0, maxSamples))
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

function refuseOtherColumns(query: Query, columns: readonly string[]): void {
  const mismatch = columnsMismatch(query, columns)
  if (mismatch !== undefined) throw new ClassedError('schema', mismatch)
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
