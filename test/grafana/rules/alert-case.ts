import type { Scope, Severity } from '../../../grafana/source/rules/alert.ts'

/**
 * The values of a series: a number, `10+2` (starts at 10, increases by 2 per minute), `+2` (a counter that increases by 2 per minute),
 * `3|5` (changes after five minutes), or the notation of promtool.
 */
export type Values = number | string

/** Values by selector, without the labels of the server. A series of `datname="labeler"` gets a healthy counterpart of `users`. */
export type Inputs = Readonly<Record<string, Values>>

/** The expected behaviour of one tier of an alert. */
export interface AlertCase {
  readonly alert: string
  readonly severity: Severity
  /** Selects the tier if two have this severity. */
  readonly scope?: Scope
  /** All series that the expression reads, with values that just meet the condition. */
  readonly bad: Inputs
  /** Overrides of `bad` for a healthy server. */
  readonly good: Inputs
  /** Overrides of `bad`, by name of the variant, for which the alert must not fire. */
  readonly silent: Readonly<Record<string, Inputs>>
  /** Overrides of `bad`, by name of the variant, for which the alert must fire too. */
  readonly fires?: Readonly<Record<string, Inputs>>
  /** Selectors of `bad` that are not required: without one of them the alert still fires. */
  readonly optional?: readonly string[]
  /** Labels of the alert other than those of the server and the rule. */
  readonly labels?: Readonly<Record<string, string>>
  /** Different labels of a variant of `fires`. */
  readonly variantLabels?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The exact summary. SERVER stands for the server, or the instance if the metric has no server. */
  readonly summary: string
  /** Different summaries of variants. */
  readonly summaries?: Readonly<Record<string, string>>
  /** Minutes until the condition holds; default: the longest window of the expression. */
  readonly warmMinutes?: number
  /** The last minute at which the alert must not fire yet; default: computed from the above. */
  readonly waitsMinutes?: number
  /** The condition holds from the first sample on, regardless of its windows. */
  readonly holdsAtOnce?: boolean
  /** Minutes between samples. */
  readonly stepMinutes?: number
  /** Skips the test of the resolution, where it would need days of samples twice. */
  readonly neverResolves?: boolean
  /** The condition ends by itself, as a change within a window does. */
  readonly isTransient?: boolean
}
