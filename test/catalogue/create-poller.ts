import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import { makeExporter } from '../exporter/run-exporter.ts'
import { type PageSample, sampleValue } from '../page/parse-page.ts'
import type { Team } from '../servers/create-team.ts'
import type { RunningServer } from '../servers/start-server.ts'

/** The result of one poll of a server. */
export interface PollResult {
  readonly samples: readonly PageSample[]
  /** The value of the only sample with this name and at least these labels; undefined without one. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined
}

/** What the server itself reports for some metrics. */
export interface Truth {
  readonly database?: string
  /** The table or view, with its condition. */
  readonly from: string
  /** The labels of the metrics. */
  readonly labels?: Readonly<Record<string, string>>
  /** For each metric the SQL expression of its value. */
  readonly metrics: Readonly<Record<string, string>>
}

/** A server with the example databases, or these databases under other names on the shared server. */
export type Target = RunningServer | Team

/** Where and as whom to poll: by default the database `platform` as the role with pg_monitor alone. */
export interface Place {
  readonly database?: string
  readonly user?: string
}

export interface Poller {
  /** Polls a server once, with a new exporter. */
  readonly pollServer: (target: Target, place?: Place) => Promise<PollResult>
  /** Polls a server once and returns the samples alone. */
  readonly pollSamples: (target: Target, place?: Place) => Promise<readonly PageSample[]>
  /** Polls until the condition holds. Returns the last result after these seconds (10 by default), and the assertions fail. */
  readonly pollUntil: (target: Target, isSo: (result: PollResult) => boolean, seconds?: number) => Promise<PollResult>
  /**
   * Polls until every metric is above 0 and between what the server reports before and after the poll, and asserts
   * it. For numbers that the server changes by itself.
   */
  readonly agreeWithServer: (t: Test, server: RunningServer, truth: Truth) => Promise<PollResult>
}

/** Polls only these queries, the ones that a test asserts on; all without a name. Looking for a metric of another query throws. */
export function createPoller(...queries: readonly string[]): Poller {
  const pollServer = async (target: Target, place: Place = {}): Promise<PollResult> => {
    const isTeam = 'monitor' in target
    const { database = isTeam ? target.platform : 'platform', user = isTeam ? target.monitor : 'pgvitals' } = place
    const server = isTeam ? target.server : target
    const { exporter, samples } = makeExporter({ DATABASE_URL: server.url(database, user) }, queries.length > 0 ? { queries } : {})
    try {
      await exporter.pollOnce()
      const all = await samples()
      return { samples: all, value: (name, labels) => sampleValue(all, name, labels) }
    } finally {
      await exporter.stop()
    }
  }
  return {
    pollServer,
    pollSamples: async (target, place) => (await pollServer(target, place)).samples,
    pollUntil: async (target, isSo, seconds = 10) => {
      for (const start = performance.now(); ; ) {
        const result = await pollServer(target)
        if (isSo(result) || performance.now() - start > seconds * 1000) return result
        // A poll with a new session takes a quarter of a second of CPU.
        await setTimeout(100)
      }
    },
    agreeWithServer: async (t, server, { database = 'platform', from, labels = {}, metrics }) => {
      const expressions = Object.values(metrics).map((expression, index) => `(${expression})::float8 as c${index}`)
      const report = async () => (await server.sql(database, `select ${expressions.join(', ')} from ${from}`))[0] ?? {}
      for (const start = performance.now(); ; ) {
        const before = await report()
        const result = await pollServer(server)
        const after = await report()
        const found = Object.keys(metrics).map((metric, index) => {
          const [least, value, most] = [Number(before[`c${index}`]), result.value(metric, labels) ?? Number.NaN, Number(after[`c${index}`])]
          return { isSo: value > 0 && value >= least && value <= most, message: `${metric}: ${least} <= ${value} <= ${most}` }
        })
        if (found.some(({ isSo }) => !isSo) && performance.now() - start < 10_000) continue
        for (const { isSo, message } of found) t.ok(isSo, message)
        return result
      }
    }
  }
}
