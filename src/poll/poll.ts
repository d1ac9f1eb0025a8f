import { setImmediate } from 'node:timers/promises'
import type { DerivedCounts } from '../metric/derived-counts.ts'
import { type FamilyText, render } from '../metric/exposition.ts'
import { arrayText, columnsSql, packedSql, unpack, watchSql } from '../metric/packed.ts'
import { columnsMismatch, type DatnameOf, type Entry, type Labels, type Row, readRows, rowsLeftOut, toSamples } from '../metric/sample.ts'
import type { Top } from '../metric/top.ts'
import type { Watching } from '../metric/watching.ts'
import { isValueColumn, type Query, type Watch } from '../query/query.ts'
import { ClassedError } from '../server/error-class.ts'
import type { Facts } from '../server/facts.ts'
import type { Session } from '../server/session.ts'
import { pollLookup } from './poll-lookup.ts'
import type { Memory } from './tops.ts'
import { withSetting } from './with-setting.ts'

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
  const { entries, illegal, datnameOf } = readRows(query, columns, rows, labels)
  const shown = entries.filter((entry) => isShown(datnameOf(entry.labels)))
  const cut = cutRows + rowsLeftOut(query, columns, rows)
  return rendered(query, rows.length, shown, { cutRows: cut, duplicates: 0, illegal }, bounds, datnameOf)
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
  const { answer, looked } = await ask(query, sql, session, top.watching)
  await setImmediate()
  const { isShown = () => true } = bounds
  const isRowShown = ([labelsText]: Row) => isShown(top.labels.datnameOf(labelsText ?? ''))
  // What must not be shown must not feed `other` either.
  const rows = answer.rows.filter(isRowShown)
  if (looked === undefined && query.top?.watch !== undefined) top.watching.readAll(answer.rows.filter((row) => !isRowShown(row)))
  const cut = answer.cutRows + (looked?.cutRows ?? 0) + rowsLeftOut(query, answer.columns, answer.rows)
  top.begin(cut === 0)
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    top.add(rows.slice(from, from + rowsAtOnce))
    await setImmediate()
  }
  const now = performance.now()
  const { entries, duplicates, leftOut, moves } = top.end(now, looked?.unmoved)
  await setImmediate()
  const own = rendered(query, looked?.rows ?? rows.length, entries, { cutRows: cut + leftOut, duplicates, illegal: 0 }, bounds)
  const counted = derived?.take(rows, { entries, moves }, now) ?? []
  return { ...own, texts: [...own.texts, ...counted] }
}

/** Reads all rows; or where few of them move, first what tells which, and then those. */
async function ask(query: Query, sql: string, session: Session, watching: Watching) {
  const watch = query.top?.watch
  const read = (moved: string | undefined) => session.run(withSetting(packedSql(query, sql), 'pgvitals.moved', moved), query)
  if (watch === undefined || !watching.isWorthwhile) return { looked: undefined, answer: await read(undefined) }
  try {
    const looked = await lookAtAll(query, watch, sql, session, watching)
    return { looked, answer: await read(looked.moved) }
  } catch (error) {
    // The next poll tries the plain way.
    watching.stop()
    throw error
  }
}

/** What has moved: reads the key of every row and what is watched of it. `moved` is the text of an array. */
async function lookAtAll(query: Query, watch: Watch, sql: string, session: Session, watching: Watching) {
  const { rows, cutRows } = await session.run(withSetting(watchSql(query, watch, sql), 'pgvitals.moved', undefined), query)
  await setImmediate()
  const { movedKeys, ...compared } = watching.compare(rows, watch)
  const place = query.columns.filter(({ kind }) => kind === 'key').findIndex(({ name }) => name === watch.by)
  const wanted = new Set(movedKeys.map((key) => unpack(key)[place] ?? ''))
  return { ...compared, cutRows, moved: arrayText([...wanted]) }
}

function rendered(
  query: Query,
  rows: number,
  entries: readonly Entry[],
  { cutRows, duplicates, illegal }: { cutRows: number; duplicates: number; illegal: number },
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
