import { test } from 'tap'
import { hasTool } from '../../servers/has-tool.ts'
import { equivalentMutants } from './equivalent-mutants.ts'
import { mutantsOf } from './mutants.ts'
import { runPromtool } from './run-promtool.ts'
import { testedTiers } from './tested-tiers.ts'

test('changing any threshold, comparison or duration makes a test case fail', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const mutants = testedTiers().flatMap(mutantsOf)
  const answers = await runPromtool(mutants)
  t.ok(mutants.length > 400, `${mutants.length} mutants`)
  const survivors = mutants.map(({ name }) => name).filter((name) => answers.get(name) === '')
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
