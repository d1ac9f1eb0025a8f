import type { Scope, Severity } from '../../../grafana/source/rules/alert.ts'

/**
 * A number, `10+2` for one that begins at 10 and grows by 2 a minute, `+2` for a counter, `3|5` for one that changes after five minutes,
 * or promtool's own notation.
 */
export type Values = number | string

/** Series by selector, without what tells servers apart; `datname="labeler"` has a twin `users` that is always well. */
export type Inputs = Readonly<Record<string, Values>>

/** What one condition of an alert must do. */
export interface AlertCase {
  readonly alert: string
  readonly severity: Severity
  /** Which condition, where two have this severity. */
  readonly scope?: Scope
  /** All that the condition reads, just bad enough. */
  readonly bad: Inputs
  /** What is otherwise when all is well. */
  readonly good: Inputs
  /** What is otherwise where it must be silent all the same: just below, idle, excused. */
  readonly silent: Readonly<Record<string, Inputs>>
  /** What is otherwise where it must fire all the same. */
  readonly fires?: Readonly<Record<string, Inputs>>
  /** Selectors without which it fires all the same. */
  readonly optional?: readonly string[]
  /** Labels of the alert besides the server's and the rule's. */
  readonly labels?: Readonly<Record<string, string>>
  /** The same of the further firing ones, where they differ. */
  readonly variantLabels?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The exact text; SERVER stands for the server, or for the instance where there is no server. */
  readonly summary: string
  /** The exact text of the further firing ones, where it differs. */
  readonly summaries?: Readonly<Record<string, string>>
  /** Minutes until the condition holds, where the windows of its expression do not tell. */
  readonly warmMinutes?: number
  /** When it must still be silent, where that is not said by the above. */
  readonly waitsMinutes?: number
  /** Whether the condition holds from the first minute, whatever its windows. */
  readonly holdsAtOnce?: boolean
  /** Minutes from one sample to the next. */
  readonly stepMinutes?: number
  /** Whether what is bad becomes well at all; a history of days cannot be told twice. */
  readonly neverWell?: boolean
  /** A condition that passes by itself: a change within a window. */
  readonly passes?: boolean
}
