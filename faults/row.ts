/** The measurements while a fault lasted and until the recovery. */
export interface Row {
  /** The name of the fault. */
  readonly name: string
  /** The HTTP statuses of the page; 0 is a scrape without a complete response within five seconds. */
  readonly statuses: readonly number[]
  readonly scrapes: number
  readonly p99Milliseconds: number
  /** The highest age of the samples of the healthy server; null if the page had none. */
  readonly othersAgeSeconds: number | null
  /** The state on the page. */
  readonly saw: string
  /** The expected state. */
  readonly expected: string
  /** The time from the injection to the first page with the expected state; null without one. */
  readonly truthSeconds: number | null
  /** The time from the end of the fault to the first page without its effects; null if there was none within a minute. */
  readonly recoverySeconds: number | null
  /** The highest number of open sessions on the page. */
  readonly sessionsPeak: number
  /** The sessions on the server after the recovery; null if they could not be counted. */
  readonly sessionsLeft: number | null
  /** Failures of the trial itself, and ends of the process. */
  readonly problems: readonly string[]
  /** The targets that were missed. */
  readonly missed: readonly string[]
  readonly date: string
  /** The commit that was tried. */
  readonly version: string
}
