import { test } from 'tap'
import { alerts } from '../../../grafana/source/rules/alerts.ts'
import { renderAlert } from '../../../grafana/source/rules/render.ts'
import { hasTool } from '../../servers/has-tool.ts'
import { runPromtool } from './run-promtool.ts'
import { jobOf, testedTiers } from './tested-tiers.ts'

const all = Object.values(alerts).flat()

test('every tier of every alert has a test case', async (t) => {
  const tested = testedTiers().map(({ tier }) => tier)
  for (const alert of all)
    for (const tier of alert.tiers)
      if (alert.name !== 'PgvitalsWatchdog') t.ok(tested.includes(tier), `${alert.name} ${tier.severity} ${tier.scope ?? alert.scope}`)
})

test('every tier of every alert waits, fires, stays silent below its threshold, and resolves', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const jobs = testedTiers().map((tested) => jobOf(tested))
  const answers = await runPromtool(jobs)
  for (const { name } of jobs) t.equal(answers.get(name), '', name)
})

test('the watchdog always fires, and PgvitalsDown fires if there is no target', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const rules = all.filter(({ name }) => name === 'PgvitalsWatchdog' || name === 'PgvitalsDown').flatMap(renderAlert)
  const value = (expr: string, eval_time: string, samples: number) => ({
    expr: `${expr} == 1`,
    eval_time,
    exp_samples: Array(samples).fill({ labels: '{}', value: 1 })
  })
  const firing = (name: string) => `count(ALERTS{alertname="${name}", alertstate="firing"})`
  const answers = await runPromtool([
    {
      name: 'no target',
      rules,
      expression: 'up',
      stepMinutes: 1,
      tests: [
        {
          interval: '1m',
          input_series: [{ series: 'up{job="other", instance="a"}', values: '1+0x20' }],
          promql_expr_test: [
            value(firing('PgvitalsWatchdog'), '0m', 1),
            value(firing('PgvitalsDown'), '4m', 0),
            value(firing('PgvitalsDown'), '6m', 1)
          ]
        }
      ]
    }
  ])
  t.equal(answers.get('no target'), '')
})
