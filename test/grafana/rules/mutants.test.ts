import { test } from 'tap'
import { hasTool } from '../../servers/has-tool.ts'
import { equivalentMutants } from './equivalent-mutants.ts'
import { mutantsOf } from './mutants.ts'
import { provenAlerts } from './proven-alerts.ts'
import { runPromtool } from './run-promtool.ts'

test('no threshold, comparison or waiting time can be changed without a proof that fails', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const mutants = provenAlerts().flatMap(mutantsOf)
  const answers = await runPromtool(mutants)
  t.ok(mutants.length > 400, `${mutants.length} mutants`)
  const survivors = mutants.map(({ name }) => name).filter((name) => answers.get(name) === '')
  const isExcused = (name: string) => equivalentMutants.some(([alert, mutated]) => name.startsWith(`${alert} `) && mutated.test(name))
  t.same(
    survivors.filter((name) => !isExcused(name)),
    []
  )
  for (const [alert, mutated] of equivalentMutants)
    t.ok(
      survivors.some((name) => name.startsWith(`${alert} `) && mutated.test(name)),
      `the excuse for ${alert} ${mutated} is needed`
    )
})
