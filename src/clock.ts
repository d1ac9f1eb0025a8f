/** A monotonic clock in milliseconds; its zero is arbitrary. Tests inject their own. */
export interface Clock {
  readonly now: () => number
}

export const systemClock: Clock = { now: () => performance.now() }
