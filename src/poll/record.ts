import type { Logger } from 'pino'
import type { Query } from '../query/query.ts'
import type { Meter } from '../self/meter.ts'
import { classOf, messageOf } from '../server/error-class.ts'
import type { Poll } from './rendered.ts'
import type { Failure, Place, Snapshots } from './snapshots.ts'

/** Where the outcome of polls is kept, counted and told. */
export interface Records {
  readonly snapshots: Snapshots
  readonly meter: Meter
  readonly log: Logger
}

/** Where the snapshot of a query that runs in this database stands. */
export function placeOf(query: Query, server: string, database: string): Place {
  return { server, datname: query.scope === 'database' ? database : '', query: query.name }
}

/** Runs one poll and keeps its answer, or that it failed; never throws. */
export async function record(
  query: Query,
  server: string,
  database: string,
  { snapshots, meter, log }: Records,
  ask: () => Promise<Poll>
): Promise<void> {
  const place = placeOf(query, server, database)
  const before = performance.now()
  const secondsSince = () => (performance.now() - before) / 1000
  const last = snapshots.get(place)?.failure
  try {
    const { rows, texts, dropped } = await ask()
    const [seconds, answeredAt] = [secondsSince(), performance.now()]
    snapshots.put({ ...place, intervalSeconds: query.intervalSeconds, answeredAt, seconds, rows, texts, failure: undefined })
    for (const [reason, samples] of Object.entries(dropped)) if (samples > 0) meter.dropped({ ...place, reason }, samples)
    if (last !== undefined) log.info(place, 'query answers again')
  } catch (error) {
    const failure = countFailure(error, server, database, meter)
    snapshots.fail(place, query.intervalSeconds, secondsSince(), failure)
    if (last?.errorClass !== failure.errorClass) {
      log.warn({ ...place, database, file: query.file, class: failure.errorClass }, `query fails: ${failure.message}`)
    }
  }
  meter.polled({ server, datname: database }, secondsSince())
}

/** Turns an error into what is told of it, and counts it by its class. */
export function countFailure(error: unknown, server: string, datname: string, meter: Meter): Failure {
  const failure = { errorClass: classOf(error), message: messageOf(error) }
  meter.failed({ server, datname, class: failure.errorClass })
  return failure
}
