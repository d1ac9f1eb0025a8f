import type { Scope, Severity } from '../../../grafana/source/rules/alert.ts'
import type { Inputs } from './alert-case.ts'

/**
 * How an alert behaves during a fault of six hours and after it. By default the series of the fault and of the recovery are
 * `bad` and `good` of the test case of the tier.
 */
export interface LastingFault {
  readonly alert: string
  /** Selects one tier; default: all tiers of the alert. */
  readonly severity?: Severity
  readonly scope?: Scope
  /** Minutes from the beginning of the fault until the alert has fired, without its `for`. */
  readonly firesWithin: number
  /** Minutes from the recovery until the alert has resolved: its longest window, and five minutes of `keep_firing_for`. */
  readonly endsWithin: number
  /** Overrides of the series of the fault. */
  readonly fault?: Inputs
  /** Overrides of the series before the fault and after the recovery. */
  readonly healthy?: Inputs
  /** Overrides of the series after the recovery. */
  readonly recovery?: Inputs
  /** Minutes of good values before the fault, for alerts that compare with the past; default: 30. */
  readonly healthyMinutes?: number
  /** Overrides of the series of the fault, by name of the variant, for which the alert lasts as well. */
  readonly variants?: Readonly<Record<string, Inputs>>
  /** What ends the alert although the fault lasts, if it ends after more than six hours. */
  readonly limit?: string
}
