/** The metrics of the process, with the time until which they may be served. */
export interface ProcessMetrics {
  readonly text: Buffer
  readonly freshUntil: number
}

/** They are sampled again after 5 s at the earliest, and after 15 s at the latest if a page is requested. */
const [shortestMs, longestMs] = [5000, 15_000]

/** Creates a function that reads the metrics of the process at `now`, in milliseconds of the clock. */
export function createProcessSampler(read: () => Promise<string>): (now: number) => Promise<ProcessMetrics> {
  let sampledAt = Number.NEGATIVE_INFINITY
  let text: Promise<Buffer> | undefined
  return async (now) => {
    if (text === undefined || now - sampledAt >= shortestMs) {
      sampledAt = now
      text = read().then((read) => Buffer.from(read))
      text.catch(() => {
        // The next request tries again.
        text = undefined
      })
    }
    const freshUntil = sampledAt + longestMs
    return { text: await text, freshUntil }
  }
}
