/** The source of time for schedules, deadlines and ages. Tests pass a clock that they advance themselves. */
export interface Clock {
  /** Milliseconds of a monotonic clock. The origin is arbitrary; only differences are meaningful. */
  readonly now: () => number
}

/** The monotonic clock of the process. */
export const systemClock: Clock = { now: () => performance.now() }

/** The current time as a Unix timestamp in seconds. Only for exported timestamps: the system may set it back. */
export function unixSeconds(): number {
  return Date.now() / 1000
}
