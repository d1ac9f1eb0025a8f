import { type Clock, wallClock } from '../clock.ts'

/** A difference between the clocks above this value is a step of the wall clock, for example at its first synchronization. */
const stepMs = 500

/**
 * Converts times of the monotonic clock to Unix time. All times are converted with the same offset, which is replaced
 * only after a step of the wall clock. A timestamp therefore does not vary from page to page, and the ages of all
 * snapshots remain correct after a step.
 */
export class UnixTime {
  readonly #wall: Clock
  #offsetMs = Number.NaN

  constructor(wall: Clock = wallClock) {
    this.#wall = wall
  }

  /** The Unix time at time 0 of the clock, in milliseconds. `now` is the current time of the clock. */
  offsetMs(now: number): number {
    const offset = Math.round(this.#wall.now() - now)
    if (!(Math.abs(offset - this.#offsetMs) <= stepMs)) this.#offsetMs = offset
    return this.#offsetMs
  }
}
