import { test } from 'tap'
import { alerts } from '../../../grafana/source/rules/alerts.ts'
import { renderAlert } from '../../../grafana/source/rules/render.ts'
import { hasTool } from '../../servers/has-tool.ts'
import { runPromtool } from './run-promtool.ts'
import { jobOf, testedTiers } from './tested-tiers.ts'

const all = Object.values(alerts).flat()

/** Alerts about all targets of a job together, which have tests of their own below. */
const ofJob = ['PgvitalsWatchdog', 'PgvitalsShardMissing']

test('every tier of every alert has a test case', async (t) => {
  const tested = testedTiers().map(({ tier }) => tier)
  for (const alert of all)
    for (const tier of alert.tiers)
      if (!ofJob.includes(alert.name)) t.ok(tested.includes(tier), `${alert.name} ${tier.severity} ${tier.scope ?? alert.scope}`)
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

test('PgvitalsShardMissing fires while a shard is not scraped, and if the numbers of shards differ', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const cases = {
    // Each target of /sd exports the metric of its process.
    complete: { shards: { '0': '2+0x40', '1': '2+0x40' }, after: 30, fires: 0 },
    'one process with all servers': { shards: { '0': '1+0x40' }, after: 30, fires: 0 },
    'never started': { shards: { '0': '2+0x40' }, after: 13, fires: 1 },
    'waits for ten minutes': { shards: { '0': '2+0x40' }, after: 9, fires: 0 },
    stopped: { shards: { '0': '2+0x60', '1': '2+0x5' }, after: 22, fires: 1 },
    restarted: { shards: { '0': '2+0x60', '1': '2+0x5 _x8 2+0x40' }, after: 30, fires: 0 },
    'different numbers': { shards: { '0': '1+0x40', '1': '2+0x40' }, after: 13, fires: 1 }
  } as const
  const rules = all.filter(({ name }) => name === 'PgvitalsShardMissing').flatMap(renderAlert)
  const jobs = Object.entries(cases).map(([name, { shards, after, fires }]) => ({
    name,
    rules,
    expression: 'pgvitals_shards',
    stepMinutes: 1,
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(shards).flatMap(([shard, values]) =>
          ['a', 'b'].map((server) => ({
            series: `pgvitals_shards{job="pgvitals", instance="${shard}${server}", shard="${shard}"}`,
            values
          }))
        ),
        promql_expr_test: [
          {
            expr: 'count(ALERTS{alertname="PgvitalsShardMissing", alertstate="firing", job="pgvitals"})',
            eval_time: `${after}m`,
            exp_samples: Array(fires).fill({ labels: '{}', value: 1 })
          }
        ]
      }
    ]
  }))
  const answers = await runPromtool(jobs)
  for (const { name } of jobs) t.equal(answers.get(name), '', name)
})
