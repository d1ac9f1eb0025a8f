import type { Clock } from '../clock.ts'
import type { FamilyText } from '../metric/exposition.ts'
import { renderEntries } from '../metric/render-entries.ts'
import { columnsMismatch, type DatnameOf, databaseOf, type Entry, readRows, rowsLeftOut } from '../metric/sample.ts'
import { isMergedByUser, isValueColumn } from '../query/query.ts'
import { ClassedError, classOf, messageOf } from '../server/error-class.ts'
import type { Answer } from '../server/pg-client.ts'
import type { Session } from '../server/session.ts'
import { arrayText } from '../statements/statement-texts.ts'
import type { DueQuery } from './due-query.ts'
import type { QueryMemory } from './query-memories.ts'
import type { Failure } from './snapshots.ts'

export type DropReason = 'rows' | 'budget' | 'duplicate' | 'illegal'

/** The result of a successful poll. */
export interface PollResult {
  readonly rows: number
  readonly entries: readonly Entry[]
  readonly texts: readonly FamilyText[]
  /** Samples that are missing on the page, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>
}

/** The outcome of a poll: a result or a failure. */
export type Outcome =
  | { readonly seconds: number; readonly result: PollResult; readonly failure: undefined }
  | { readonly seconds: number; readonly result: undefined; readonly failure: Failure }

/** Polls one query in a session and renders its result. Never throws; errors are returned as failures. */
export async function pollQuery(session: Session, due: DueQuery, clock: Clock): Promise<Outcome> {
  const startedAt = clock.now()
  const secondsSince = () => (clock.now() - startedAt) / 1000
  try {
    const result = await poll(session, due, clock)
    return { seconds: secondsSince(), result, failure: undefined }
  } catch (error) {
    return { seconds: secondsSince(), result: undefined, failure: { errorClass: classOf(error), message: messageOf(error) } }
  }
}

async function poll(session: Session, due: DueQuery, clock: Clock): Promise<PollResult> {
  const { query, sql, memory } = due
  if (memory?.kind === 'texts') return await pollTexts(session, due, memory, clock)
  const answer = await session.run(sql, query)
  if (memory?.kind === 'counts') return countStatements(due, answer, memory, clock)
  const mismatch = columnsMismatch(query, answer.columns)
  if (mismatch !== undefined) throw new ClassedError('schema', mismatch)
  const { entries, illegal, datnameOf } = readRows(query, answer.columns, answer.rows, due.labels)
  const visible = entries.filter((entry) => due.isShown(datnameOf(entry.labels)))
  const { shown, leftOut } =
    memory === undefined ? { shown: visible, leftOut: 0 } : memory.top.choose(visible, { limit: due.limit, now: clock.now() })
  const cutRows = answer.cutRows + rowsLeftOut(query, answer.columns, answer.rows) + leftOut
  return resultOf(due, answer.rows.length, shown, { cutRows, illegal, duplicates: 0 }, datnameOf)
}

function countStatements(due: DueQuery, answer: Answer, { counts }: QueryMemory & { readonly kind: 'counts' }, clock: Clock): PollResult {
  const { seenUntil, epoch, isShown, isOwnRole } = due
  // Named series beyond the sample limit would be counted but not exported.
  const fitting = Math.floor(due.maxSamples / Math.max(1, due.query.columns.filter(isValueColumn).length)) - counts.others
  const limit = Math.max(0, Math.min(due.limit, fitting))
  const isWhole = answer.cutRows === 0
  const taken = counts.take(answer.rows, { now: clock.now(), seenUntil, epoch, isWhole, limit, isShown, isOwnRole })
  const missing = { cutRows: answer.cutRows, illegal: 0, duplicates: taken.duplicates }
  const result = resultOf(due, taken.rows, taken.entries, missing)
  return { ...result, texts: [...result.texts, ...taken.texts] }
}

/** Reads the texts of exported statements whose text is unknown, at most once per interval of the query. */
async function pollTexts(
  session: Session,
  { query, sql, labels, datname, isShown }: DueQuery,
  memory: QueryMemory & { readonly kind: 'texts' },
  clock: Clock
): Promise<PollResult> {
  const all = memory.shown()
  const shown = all.filter((statement) => isShown(statement.datname ?? ''))
  const wanted = memory.texts.wanted(shown, clock.now(), datname)
  let [rows, cutRows] = [0, 0]
  if (wanted.length > 0) {
    const answer = await session.run(sql, { ...query, parameters: [arrayText(wanted)] })
    ;[rows, cutRows] = [answer.rows.length, answer.cutRows]
    memory.texts.learn(answer.columns, answer.rows, { shown, isShown })
  }
  // A database that contributes adds texts to those of the server.
  const { texts, duplicates } = datname === '' ? memory.texts.texts(all, labels) : { texts: [], duplicates: 0 }
  return { rows, entries: [], texts, dropped: { rows: cutRows, budget: 0, duplicate: duplicates, illegal: 0 } }
}

interface Missing {
  readonly cutRows: number
  readonly illegal: number
  readonly duplicates: number
}

/** Renders entries up to the sample limit and counts missing samples. A missing row counts with all its value columns. */
function resultOf(due: DueQuery, rows: number, entries: readonly Entry[], missing: Missing, datnameOf: DatnameOf = databaseOf): PollResult {
  const { query, maxSamples } = due
  const { texts, dropped } = renderEntries(query, entries, { maxSamples, datnameOf, isByUser: isMergedByUser(query) })
  const columns = query.columns.filter(isValueColumn).length
  return {
    rows,
    entries,
    texts,
    dropped: {
      rows: missing.cutRows * columns,
      budget: dropped.budget,
      duplicate: dropped.duplicate + missing.duplicates * columns,
      illegal: missing.illegal
    }
  }
}
