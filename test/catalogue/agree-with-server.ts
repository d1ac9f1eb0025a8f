import type { Test } from 'tap'
import type { TestServer } from '../servers/start-server.ts'
import { type Answer, pollServer } from './poll-server.ts'

/** Where the server itself says what metrics must be. */
export interface Truth {
  readonly database?: string
  /** The table or view, with its condition. */
  readonly from: string
  /** The labels of the metrics. */
  readonly labels?: Readonly<Record<string, string>>
  /** For each metric the SQL expression that has its value. */
  readonly metrics: Readonly<Record<string, string>>
}

/**
 * Polls until every metric has moved and lies between what the server says before the poll and after it, and
 * asserts it. For what the server moves by itself, so that no exact number can be foretold.
 */
export async function agreeWithServer(t: Test, server: TestServer, truth: Truth): Promise<Answer> {
  const { database = 'platform', from, labels = {}, metrics } = truth
  const expressions = Object.values(metrics).map((expression, index) => `(${expression})::float8 as c${index}`)
  const ask = async () => (await server.sql(database, `select ${expressions.join(', ')} from ${from}`))[0] ?? {}
  for (const start = performance.now(); ; ) {
    const before = await ask()
    const answer = await pollServer(server)
    const after = await ask()
    const found = Object.keys(metrics).map((metric, index) => {
      const [least, value, most] = [Number(before[`c${index}`]), answer.value(metric, labels) ?? Number.NaN, Number(after[`c${index}`])]
      return { isSo: value > 0 && value >= least && value <= most, message: `${metric}: ${least} <= ${value} <= ${most}` }
    })
    if (found.some(({ isSo }) => !isSo) && performance.now() - start < 10_000) continue
    for (const { isSo, message } of found) t.ok(isSo, message)
    return answer
  }
}
