import type { Clock } from '../clock.ts'

/** The limit of requests: on average one per interval, and at most `burst` at once. */
export interface RateLimit {
  readonly intervalSeconds: number
  readonly burst: number
}

/** Returns a function that takes one token and returns whether there was one. Without a limit, it always returns true. */
export function createTokenBucket(limit: () => RateLimit | undefined, clock: Clock): () => boolean {
  let missing = 0
  let countedAt = clock.now()
  return () => {
    const { intervalSeconds, burst } = limit() ?? {}
    if (intervalSeconds === undefined || burst === undefined) return true
    const now = clock.now()
    missing = Math.max(0, missing - (now - countedAt) / (intervalSeconds * 1000))
    countedAt = now
    if (missing > burst - 1) return false
    missing += 1
    return true
  }
}
