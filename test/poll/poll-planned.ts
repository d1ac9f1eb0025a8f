import { systemClock } from '../../src/clock.ts'
import type { Labels } from '../../src/metric/sample.ts'
import { noLimit } from '../../src/metric/sample-limit.ts'
import type { PlannedQuery } from '../../src/plan/plan-queries.ts'
import { pollQuery } from '../../src/poll/poll-query.ts'
import type { PollResult } from '../../src/poll/poll-result.ts'
import { QueryMemories } from '../../src/poll/query-memories.ts'
import { ClassedError } from '../../src/server/error-class.ts'
import type { Session } from '../../src/server/session.ts'

/** Polls a planned query in a session without a poller, with no limit but its own. Throws when the poll fails. */
export async function pollPlanned(
  session: Session,
  { query, sql, database, datname, contributors, skipped }: PlannedQuery,
  labels: Labels = { server: 's' },
  memories = new QueryMemories()
): Promise<PollResult> {
  if (sql === undefined) throw new Error(`${query.file} does not run in ${database}: ${skipped}`)
  const due = {
    query,
    sql,
    datname,
    contributors,
    database,
    labels,
    intervalSeconds: query.intervalSeconds,
    memory: memories.of(query, datname, labels),
    isShown: () => true,
    limitOf: () => noLimit,
    maxRows: query.maxRows,
    limit: query.top?.limit ?? 0,
    epoch: '',
    seenUntil: Number.POSITIVE_INFINITY,
    isOwnRole: () => false,
    isIdle: false
  }
  const { result, failure } = await pollQuery(session, due, systemClock)
  if (result === undefined) throw new ClassedError(failure.errorClass, failure.message)
  return result
}
