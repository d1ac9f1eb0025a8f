/** The source of time for schedules, deadlines and ages. Tests pass a clock that they advance themselves. */
export interface Clock {
  /** Milliseconds of a monotonic clock. The origin is arbitrary; only differences are meaningful. */
  readonly now: () => number
}

/** The monotonic clock of the process. */
export const systemClock: Clock = { now: () => performance.now() }
