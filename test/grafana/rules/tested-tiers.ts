import type { Alert, Tier } from '../../../grafana/source/rules/alert.ts'
import { alerts } from '../../../grafana/source/rules/alerts.ts'
import { expressionOf, renderAlert } from '../../../grafana/source/rules/render.ts'
import type { AlertCase } from './alert-case.ts'
import { cases } from './cases/cases.ts'
import { promtoolTest, stepOf } from './promtool-test.ts'
import type { Job } from './run-promtool.ts'

/** A tier of an alert with its test case. */
export interface TestedTier {
  readonly alert: Alert
  readonly tier: Tier
  readonly alertCase: AlertCase
}

/** All test cases with their tiers. Throws if a case matches no tier or several. */
export function testedTiers(): readonly TestedTier[] {
  const all = Object.values(alerts).flat()
  return cases.map((alertCase) => {
    const alert = all.find(({ name }) => name === alertCase.alert)
    const tiers = alert?.tiers.filter(
      ({ severity, scope }) => severity === alertCase.severity && (scope ?? alert.scope) === (alertCase.scope ?? alert.scope)
    )
    const [tier] = tiers ?? []
    if (alert === undefined || tier === undefined || tiers?.length !== 1)
      throw new Error(`test case ${alertCase.alert} ${alertCase.severity} matches ${tiers?.length ?? 0} tiers, expected one`)
    return { alert, tier, alertCase }
  })
}

/** The promtool job that tests a tier. */
export function jobOf({ alert, tier, alertCase }: TestedTier, isBrief = false): Job {
  return {
    name: `${alert.name} ${tier.severity} ${tier.scope ?? alert.scope}`,
    rules: renderAlert({ ...alert, tiers: [tier] }),
    expression: expressionOf(alert, tier),
    tests: [promtoolTest(alertCase, alert, tier, isBrief)],
    stepMinutes: stepOf(alertCase, tier)
  }
}
