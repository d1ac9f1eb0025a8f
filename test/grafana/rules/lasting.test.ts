import { test } from 'tap'
import { hasTool } from '../../servers/has-tool.ts'
import type { LastingFault } from './lasting-fault.ts'
import { lastingFaults } from './lasting-faults.ts'
import { lastingJob } from './lasting-test.ts'
import { runPromtool } from './run-promtool.ts'
import { type TestedTier, testedTiers } from './tested-tiers.ts'

const tiers = testedTiers()

function matches({ alert, tier }: TestedTier, lasting: LastingFault): boolean {
  const { severity = tier.severity, scope = tier.scope ?? alert.scope } = lasting
  return lasting.alert === alert.name && severity === tier.severity && scope === (tier.scope ?? alert.scope)
}

test('every tier of every alert has one entry in lasting-faults.ts, and every entry has a tier', async (t) => {
  for (const tested of tiers) {
    const { alert, tier } = tested
    t.equal(lastingFaults.filter((lasting) => matches(tested, lasting)).length, 1, `${alert.name} ${tier.severity} ${tier.scope ?? ''}`)
  }
  for (const lasting of lastingFaults) {
    t.ok(
      tiers.some((tested) => matches(tested, lasting)),
      lasting.alert
    )
  }
})

test('every alert fires throughout a fault of six hours and resolves after it', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const jobs = tiers.flatMap((tested) => {
    const lasting = lastingFaults.find((one) => matches(tested, one))
    return lasting === undefined ? [] : [lastingJob(tested, lasting)]
  })
  const answers = await runPromtool(jobs)
  for (const { name } of jobs) t.equal(answers.get(name), '', name)
})
