/** The source of time for schedules, deadlines and ages. Tests pass a clock that they advance themselves. */
export interface Clock {
  /** Milliseconds. The origin of a monotonic clock is arbitrary; only differences are meaningful. */
  readonly now: () => number
}

/** The monotonic clock of the process. */
export const systemClock: Clock = { now: () => performance.now() }

/** The wall clock of the process in milliseconds of Unix time. It may step. */
export const wallClock: Clock = { now: () => Date.now() }
