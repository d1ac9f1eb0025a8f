import { test } from 'tap'
import { hasTool } from '../../servers/has-tool.ts'
import { equivalentMutants } from './equivalent-mutants.ts'
import { mutantsOf } from './mutants.ts'
import { runPromtool } from './run-promtool.ts'
import { testedTiers } from './tested-tiers.ts'

test('changing any threshold, comparison or duration makes a test case fail', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const mutants = testedTiers().flatMap(mutantsOf)
  const answers = await runPromtool(mutants.map(({ job }) => job))
  const all = mutants.flatMap(({ descriptions, job }) => {
    const failed = failedAlerts(answers.get(job.name) ?? '')
    return [...descriptions].map(([name, description]) => ({ description, isKilled: failed.has(name) }))
  })
  t.ok(all.length > 400, `${all.length} mutants`)
  const survivors = all.filter(({ isKilled }) => !isKilled).map(({ description }) => description)
  const isEquivalent = (name: string) => equivalentMutants.some(([alert, mutated]) => name.startsWith(`${alert} `) && mutated.test(name))
  t.same(
    survivors.filter((name) => !isEquivalent(name)),
    []
  )
  for (const [alert, mutated] of equivalentMutants)
    t.ok(
      survivors.some((name) => name.startsWith(`${alert} `) && mutated.test(name)),
      `the exception for ${alert} ${mutated} is needed`
    )
})

/** The names of the alerts in the error output of promtool. */
function failedAlerts(output: string): ReadonlySet<string> {
  return new Set([...output.matchAll(/^ *alertname: (\w+), time: /gm)].map(([, name = '']) => name))
}
