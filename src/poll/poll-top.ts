import { setImmediate } from 'node:timers/promises'
import type { DerivedCounts } from '../metric/derived-counts.ts'
import { columnsSql, fingerprintOf, fingerprintsSql, packedSql } from '../metric/packed.ts'
import { type Row, rowsLeftOut } from '../metric/sample.ts'
import type { Top } from '../metric/top.ts'
import type { Compared, Watching } from '../metric/watching.ts'
import type { FingerprintColumn, Query } from '../query/query.ts'
import { ClassedError } from '../server/error-class.ts'
import type { Session } from '../server/session.ts'
import { refuseOtherColumns } from './refuse-other-columns.ts'
import { type Bounds, type Poll, rendered } from './rendered.ts'

/** So many rows are read before whatever else waits, such as a scrape, has its turn. */
const rowsAtOnce = 500

/** Asks a limited query and renders those of its rows that matter now. */
export async function pollTop(
  query: Query,
  sql: string,
  session: Session,
  { top, derived }: { readonly top: Top; readonly derived: DerivedCounts | undefined },
  bounds: Bounds
): Promise<Poll> {
  if (!top.isChecked) refuseOtherColumns(query, (await session.run(columnsSql(sql), query)).columns)
  top.isChecked = true
  const { answer, compared } = await ask(query, sql, session, top.watching)
  await setImmediate()
  const { isShown } = bounds
  const isRowShown = ([labelsText]: Row) => isShown === undefined || isShown(top.labels.datnameOf(labelsText ?? ''))
  // What must not be shown must not feed `other` either.
  const rows: Row[] = []
  const hidden: string[] = []
  for (const row of answer.rows) {
    if (isRowShown(row)) rows.push(row)
    else hidden.push(row.at(-2) ?? '')
  }
  top.watching.hide(hidden, compared === undefined)
  const cutRows = answer.cutRows + rowsLeftOut(query, answer.columns, answer.rows)
  top.begin(cutRows === 0)
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    top.add(rows.slice(from, from + rowsAtOnce))
    await setImmediate()
  }
  const now = performance.now()
  const { entries, duplicates, leftOut, moves, rows: read } = top.end(now, compared?.unmoved)
  await setImmediate()
  const own = rendered(query, read, entries, { cutRows: cutRows + leftOut, duplicates, illegal: 0 }, bounds)
  const counted = derived?.take(rows, { entries, moves }, now) ?? []
  return { ...own, texts: [...own.texts, ...counted] }
}

/** Reads all rows; or where few of them move, first what tells which, and then those. */
async function ask(query: Query, sql: string, session: Session, watching: Watching) {
  const fingerprint = fingerprintOf(query)
  if (fingerprint === undefined || !watching.isWorthwhile) return { answer: await session.run(packedSql(query, sql), query) }
  try {
    const compared = await compare(query, fingerprint, sql, session, watching)
    return { compared, answer: await session.run(packedSql(query, sql, compared.moved), query) }
  } catch (error) {
    // The next poll tries the plain way.
    watching.stop()
    throw error
  }
}

async function compare(query: Query, fingerprint: FingerprintColumn, sql: string, session: Session, watching: Watching): Promise<Compared> {
  const { rows } = await session.run(fingerprintsSql(fingerprint, sql), query)
  await setImmediate()
  const compared = watching.compare(rows[0]?.[0] ?? '')
  if (compared.moved.every((number) => /^-?\d+$/.test(number))) return compared
  throw new ClassedError(
    'schema',
    `${fingerprint.name} and ${fingerprint.by} of ${query.file} are not whole numbers, as a fingerprint asks for`
  )
}
