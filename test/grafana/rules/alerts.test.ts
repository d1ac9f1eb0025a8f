import { test } from 'tap'
import { alerts } from '../../../grafana/source/rules/alerts.ts'
import { renderAlert } from '../../../grafana/source/rules/render.ts'
import { hasTool } from '../../servers/has-tool.ts'
import { jobOf, provenAlerts } from './proven-alerts.ts'
import { runPromtool } from './run-promtool.ts'

const all = Object.values(alerts).flat()

test('every condition of every alert has a case', async (t) => {
  const proven = provenAlerts().map(({ tier }) => tier)
  for (const alert of all)
    for (const tier of alert.tiers)
      if (alert.name !== 'PgvitalsWatchdog') t.ok(proven.includes(tier), `${alert.name} ${tier.severity} ${tier.scope ?? alert.scope}`)
})

test('every condition of every alert waits, fires, is silent just below, and resolves', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const jobs = provenAlerts().map((proven) => jobOf(proven))
  const answers = await runPromtool(jobs)
  for (const { name } of jobs) t.equal(answers.get(name), '', name)
})

test('the watchdog always fires, and a target that nobody scrapes is missed', async (t) => {
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
      name: 'nothing is scraped',
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
  t.equal(answers.get('nothing is scraped'), '')
})
