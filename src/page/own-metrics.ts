import type { Sample } from '../metric/sample.ts'

/** The functions that read the exporter's own metrics. */
export interface OwnSource {
  readonly samples: () => readonly Sample[]
  readonly processText: () => Promise<string>
}

/** The exporter's metrics, and those of its process with the time until which they may be served. */
export interface OwnMetrics {
  readonly samples: readonly Sample[]
  readonly process: Buffer
  readonly processFreshUntil: number
}

/** The metrics of the process are sampled again after 5 s at the earliest, and after 15 s at the latest if a page is requested. */
const [shortestMs, longestMs] = [5000, 15_000]

/** Creates a function that reads the exporter's own metrics at `now`, in milliseconds of the clock. */
export function createOwnMetrics({ samples, processText }: OwnSource): (now: number) => Promise<OwnMetrics> {
  let sampledAt = Number.NEGATIVE_INFINITY
  let process: Promise<Buffer> | undefined
  return async (now) => {
    if (process === undefined || now - sampledAt >= shortestMs) {
      sampledAt = now
      process = processText().then((text) => Buffer.from(text))
    }
    const processFreshUntil = sampledAt + longestMs
    return { samples: samples(), process: await process, processFreshUntil }
  }
}
