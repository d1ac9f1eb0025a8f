import type { Clock } from '../clock.ts'
import { renderEntries } from '../metric/render-entries.ts'
import { columnsMismatch, type DatnameOf, databaseOf, type Entry, readRows, rowsLeftOut } from '../metric/sample.ts'
import { isMergedByUser, isValueColumn } from '../query/query.ts'
import { runInSlices } from '../run-in-slices.ts'
import { arrayText } from '../server/array-text.ts'
import { ClassedError, classOf, messageOf } from '../server/error-class.ts'
import { type Answer, eachRow } from '../server/received-answer.ts'
import type { Session } from '../server/session.ts'
import type { DueQuery } from './due-query.ts'
import { isUnchanged, type PollResult } from './poll-result.ts'
import type { QueryMemory } from './query-memories.ts'
import { runInParts } from './run-in-parts.ts'
import type { Failure } from './snapshots.ts'

/** The outcome of a poll: a result, a failure, or both if a failure made the result incomplete. */
export type Outcome = (
  | { readonly result: PollResult; readonly failure: Failure | undefined }
  | { readonly result: undefined; readonly failure: Failure }
) & {
  readonly seconds: number
  /** Whether this poll sent no query to PostgreSQL. Its failure is then that of the last attempt. */
  readonly isUntried?: boolean
}

type PolledResult = Pick<Outcome & { readonly result: PollResult }, 'result' | 'failure' | 'isUntried'>

/** Polls one query in a session and renders its result. Never throws; errors are returned as failures. */
export async function pollQuery(session: Session, due: DueQuery, clock: Clock): Promise<Outcome> {
  const startedAt = clock.now()
  const secondsSince = () => (clock.now() - startedAt) / 1000
  try {
    const polled = await poll(session, due, clock)
    return { seconds: secondsSince(), ...polled }
  } catch (error) {
    return { seconds: secondsSince(), result: undefined, failure: failureOf(error) }
  }
}

function failureOf(error: unknown): Failure {
  return { errorClass: classOf(error), message: messageOf(error) }
}

async function poll(session: Session, due: DueQuery, clock: Clock): Promise<PolledResult> {
  const { query, sql, memory, maxRows } = due
  if (due.isIdle)
    return {
      result: rowsOf(due, { columns: query.columns.map(({ name }) => name), rows: [], cutRows: 0 }, clock, true),
      failure: undefined
    }
  if (memory?.kind === 'texts') return await pollTexts(session, due, memory, clock)
  if (query.parts !== undefined) {
    const { failure, isWhole, answer } = await runInParts(session, { ...query, maxRows }, sql, clock)
    return { result: rowsOf(due, answer, clock, isWhole), failure }
  }
  const answer = await session.run(sql, { ...query, maxRows })
  const result = memory?.kind === 'counts' ? await countStatements(due, answer, memory, clock) : rowsOf(due, answer, clock, true)
  return { result, failure: undefined }
}

/** Renders rows, or returns the last result if nothing has changed. Values of rows with equal labels from several parts are added. */
function rowsOf(due: DueQuery, answer: Answer, clock: Clock, isWhole: boolean): PollResult {
  const { query, memory, isShown, limit } = due
  const previous = due.rendered?.query === query ? due.rendered : undefined
  if (previous !== undefined && isUnchanged(previous, answer, due)) return { ...previous.result, rendered: previous }
  const mismatch = columnsMismatch(query, answer.columns)
  if (mismatch !== undefined) throw new ClassedError('schema', mismatch)
  const { entries, illegal, textBytesCut, datnameOf, knownLabels } = readRows(
    query,
    answer.columns,
    answer.rows,
    due.labels,
    previous?.knownLabels
  )
  const databases = new Map(entries.map(({ labels }) => [datnameOf(labels), true]))
  for (const datname of databases.keys()) databases.set(datname, isShown(datname))
  const all = (isWhole ? entries : sumEqual(entries)).filter((entry) => databases.get(datnameOf(entry.labels)))
  const visible = firstOfEach(all, datnameOf, query.maxRows)
  const { shown, leftOut } =
    memory?.kind === 'top' ? memory.top.choose(visible, { limit, now: clock.now() }) : { shown: visible, leftOut: 0 }
  const cutRows = answer.cutRows + (isWhole ? rowsLeftOut(query, answer.columns, answer.rows) : 0) + all.length - visible.length + leftOut
  const result = { ...resultOf(due, answer.rows.length, shown, { cutRows, illegal, duplicates: 0 }, datnameOf), textBytesCut }
  const { digest } = answer
  return { ...result, rendered: digest === undefined ? undefined : { query, digest, limit, databases, knownLabels, result } }
}

/** Counts statements in slices, so that scrapes do not wait for thousands of them. */
async function countStatements(
  due: DueQuery,
  answer: Answer,
  { counts }: QueryMemory & { readonly kind: 'counts' },
  clock: Clock
): Promise<PollResult> {
  const { seenUntil, epoch, isShown, isOwnRole, limit, limitOf } = due
  const columns = Math.max(1, due.query.columns.filter(isValueColumn).length)
  // Named series beyond the sample limit would be counted but not exported.
  const limitIn = (datname: string) => Math.floor(limitOf(datname).samples / columns)
  const isWhole = answer.cutRows === 0
  const options = { now: clock.now(), seenUntil, epoch, isWhole, limit, limitIn, isShown, isOwnRole }
  const steps = counts.steps(eachRow(answer), options, () => clock.now())
  const taken = await runInSlices(steps, clock)
  const missing = { cutRows: answer.cutRows, illegal: 0, duplicates: taken.duplicates }
  const result = resultOf(due, taken.rows, taken.entries, missing)
  return { ...result, texts: [...result.texts, ...taken.texts] }
}

/**
 * Reads the texts of exported statements whose text is unknown, at most once per interval of the query. If that fails, the
 * known texts are still exported, and every poll fails until an attempt succeeds.
 */
async function pollTexts(
  session: Session,
  { query, sql, datname, database, labels, isShown }: DueQuery,
  memory: QueryMemory & { readonly kind: 'texts' },
  clock: Clock
): Promise<PolledResult> {
  const all = memory.shown()
  const shown = all.filter((statement) => isShown(statement.datname ?? ''))
  const attempt = { datname, database, now: clock.now() }
  const wanted = memory.texts.wanted(shown, attempt)
  let [rows, cutRows] = [0, 0]
  if (wanted !== undefined) {
    try {
      const answer = await session.run(sql, { ...query, parameters: [arrayText(wanted)] })
      ;[rows, cutRows] = [answer.rows.length, answer.cutRows]
      memory.texts.learn(answer.columns, answer.rows, attempt, { shown, isShown })
    } catch (error) {
      memory.texts.failed(error, attempt)
    }
  }
  // A database that contributes adds its texts to those of the server-wide query, which exports them.
  const { texts, duplicates } = datname === '' ? memory.texts.texts(all, labels) : { texts: [], duplicates: 0 }
  const error = memory.texts.error(datname)
  return {
    result: { rows, values: [], texts, dropped: { rows: cutRows, budget: 0, bytes: 0, duplicate: duplicates, illegal: 0 } },
    failure: error === undefined ? undefined : failureOf(error),
    isUntried: wanted === undefined
  }
}

/** The first entries of each database. Entries of one database do not displace those of another. */
function firstOfEach(entries: readonly Entry[], datnameOf: DatnameOf, most: number): readonly Entry[] {
  if (entries.length <= most) return entries
  const counts = new Map<string, number>()
  return entries.filter(({ labels }) => {
    const datname = datnameOf(labels)
    const count = (counts.get(datname) ?? 0) + 1
    counts.set(datname, count)
    return count <= most
  })
}

/** Adds the values of entries with equal labels. */
function sumEqual(entries: readonly Entry[]): readonly Entry[] {
  const sums = new Map<string, Entry>()
  for (const entry of entries) {
    const key = JSON.stringify([entry.labels, entry.suffix])
    const before = sums.get(key)?.values
    const values = before === undefined ? entry.values : entry.values.map((value, index) => add(value, before[index]))
    sums.set(key, { ...entry, labels: entry.labels, values })
  }
  return [...sums.values()]
}

function add(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one + other
}

interface Missing {
  readonly cutRows: number
  readonly illegal: number
  readonly duplicates: number
}

/** Renders entries up to the limit of each database and counts missing samples. A missing row counts with all its value columns. */
function resultOf(due: DueQuery, rows: number, entries: readonly Entry[], missing: Missing, datnameOf: DatnameOf = databaseOf): PollResult {
  const { query, limitOf } = due
  const { texts, dropped } = renderEntries(query, entries, { limitOf, datnameOf, isByUser: isMergedByUser(query) })
  const columns = query.columns.filter(isValueColumn).length
  return {
    rows,
    values: entries[0]?.values ?? [],
    texts,
    dropped: {
      rows: missing.cutRows * columns,
      budget: dropped.budget,
      bytes: dropped.bytes,
      duplicate: dropped.duplicate + missing.duplicates * columns,
      illegal: missing.illegal
    }
  }
}
