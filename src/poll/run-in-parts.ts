import type { Clock } from '../clock.ts'
import { rowsLeftOut } from '../metric/sample.ts'
import type { Query } from '../query/query.ts'
import { arrayText } from '../server/array-text.ts'
import { classOf, type ErrorClass, messageOf } from '../server/error-class.ts'
import type { Answer } from '../server/received-answer.ts'
import type { Session } from '../server/session.ts'
import type { Failure } from './snapshots.ts'

/** The result of a query with `parts`, and the reason why some of its parts are missing. */
export interface PartialAnswer {
  readonly answer: Answer
  readonly isWhole: boolean
  readonly failure: Failure | undefined
}

/** The error classes that a single object can cause. After any other error, every part of the query would fail as well. */
const ofOneObject: ReadonlySet<ErrorClass> = new Set(['lock', 'no_database', 'other', 'privilege', 'timeout'])

/** The time limit for all parts after a timeout. It delays the counters of the database. */
const secondsAfterTimeout = 10

/** The maximum number of failed runs: if an error is not caused by single objects, every part fails. */
const mostFailures = 50

/**
 * Runs a query as a whole. If that fails, reads the list of its parts (oids) and halves it until the parts that fail are
 * isolated, because SQL cannot catch the error of one row. Throws the first error if no part succeeds.
 */
export async function runInParts(session: Session, query: Query, sql: string, clock: Clock): Promise<PartialAnswer> {
  try {
    return { answer: await session.run(sql, { ...query, parameters: [null] }), isWhole: true, failure: undefined }
  } catch (error) {
    const errorClass = classOf(error)
    if (query.parts === undefined || !session.isOpen() || !ofOneObject.has(errorClass)) throw error
    const seconds = errorClass === 'timeout' ? secondsAfterTimeout : query.timeoutSeconds
    const found = await runParts(session, query, sql, { clock, until: clock.now() + seconds * 1000 })
    const [columns] = found.answers.map((answer) => answer.columns)
    if (columns === undefined) throw error
    return { answer: { columns, ...joined(query, found.answers) }, isWhole: false, failure: failureOf(found, error) }
  }
}

interface Parts {
  readonly answers: readonly Answer[]
  readonly failed: readonly { readonly oid: string; readonly error: unknown }[]
  readonly unread: number
}

async function runParts(
  session: Session,
  query: Query,
  sql: string,
  { clock, until }: { readonly clock: Clock; readonly until: number }
): Promise<Parts> {
  const { rows } = await session.run(query.parts ?? '', { timeoutSeconds: 5, maxRows: 1_000_000 })
  const answers: Answer[] = []
  const failed: { oid: string; error: unknown }[] = []
  let failures = 0
  const left = halves(rows.map(([oid]) => oid ?? ''))
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    const seconds = Math.floor((until - clock.now()) / 1000)
    if (seconds < 1 || failures >= mostFailures) return { answers, failed, unread: [part, ...left].flat().length }
    try {
      const timeoutSeconds = Math.min(seconds, query.timeoutSeconds)
      answers.push(await session.run(sql, { maxRows: query.maxRows, timeoutSeconds, parameters: [arrayText(part)] }))
    } catch (error) {
      if (!session.isOpen() || !ofOneObject.has(classOf(error))) throw error
      failures++
      if (part.length > 1) left.push(...halves(part))
      else failed.push({ oid: part[0] ?? '', error })
    }
  }
  return { answers, failed, unread: 0 }
}

/** Both halves of a list, the second one first. */
function halves(oids: readonly string[]): (readonly string[])[] {
  const middle = Math.ceil(oids.length / 2)
  return [oids.slice(middle), oids.slice(0, middle)].filter((half) => half.length > 0)
}

function joined(query: Query, answers: readonly Answer[]): Omit<Answer, 'columns'> {
  const cut = answers.map(({ columns, rows, cutRows }) => cutRows + rowsLeftOut(query, columns, rows))
  return { rows: answers.flatMap(({ rows }) => rows), cutRows: cut.reduce((sum, rows) => sum + rows, 0) }
}

/** Undefined if every part succeeded, for example if the object that failed was dropped in the meantime. */
function failureOf({ failed, unread }: Parts, first: unknown): Failure | undefined {
  if (failed.length + unread === 0) return undefined
  const error = failed[0]?.error ?? first
  const oids = failed.length > 0 ? ` (oid ${failed.map(({ oid }) => oid).join(', ')})` : ''
  return { errorClass: classOf(error), message: `${failed.length + unread} parts are missing${oids}: ${messageOf(error)}` }
}
