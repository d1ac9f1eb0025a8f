import type { Alert, Tier } from '../../../grafana/source/rules/alert.ts'
import { alerts } from '../../../grafana/source/rules/alerts.ts'
import { expressionOf, renderAlert } from '../../../grafana/source/rules/render.ts'
import type { AlertCase } from './alert-case.ts'
import { cases } from './cases/cases.ts'
import { promtoolTest, stepOf } from './promtool-test.ts'
import type { Job } from './run-promtool.ts'

/** A condition of an alert and what it must do. */
export interface ProvenAlert {
  readonly alert: Alert
  readonly tier: Tier
  readonly alertCase: AlertCase
}

/** Every case with its condition; throws for one that has none, or several. */
export function provenAlerts(): readonly ProvenAlert[] {
  const all = Object.values(alerts).flat()
  return cases.map((alertCase) => {
    const alert = all.find(({ name }) => name === alertCase.alert)
    const tiers = alert?.tiers.filter(
      ({ severity, scope }) => severity === alertCase.severity && (scope ?? alert.scope) === (alertCase.scope ?? alert.scope)
    )
    const [tier] = tiers ?? []
    if (alert === undefined || tier === undefined || tiers?.length !== 1)
      throw new Error(`the case ${alertCase.alert} ${alertCase.severity} fits ${tiers?.length ?? 0} conditions and needs one`)
    return { alert, tier, alertCase }
  })
}

/** The run of promtool that proves a condition. */
export function jobOf({ alert, tier, alertCase }: ProvenAlert, isBrief = false): Job {
  return {
    name: `${alert.name} ${tier.severity} ${tier.scope ?? alert.scope}`,
    rules: renderAlert({ ...alert, tiers: [tier] }),
    expression: expressionOf(alert, tier),
    tests: [promtoolTest(alertCase, alert, tier, isBrief)],
    stepMinutes: stepOf(alertCase, tier)
  }
}
