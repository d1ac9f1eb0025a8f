import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { hasTool } from '../../servers/has-tool.ts'
import { equivalentMutants } from './equivalent-mutants.ts'
import { type Mutants, mutantsOf } from './mutants.ts'
import { digestOf, runPromtool } from './run-promtool.ts'
import { testedTiers } from './tested-tiers.ts'

/** The result of the mutants of a tier. It depends only on the input of promtool, whose digest is recorded with it. */
interface Result {
  readonly digest: string
  readonly mutants: number
  /** The descriptions of the mutants for which every test case passes. */
  readonly survivors: readonly string[]
}

type Results = Readonly<Record<string, Result>>

const file = join(import.meta.dirname, 'mutants.json')

test('changing any threshold, comparison or duration makes a test case fail', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const recorded: Results = JSON.parse(readFileSync(file, 'utf8'))
  const results = await resultsOf(testedTiers().map(mutantsOf), recorded)
  const all = Object.values(results)
  const count = all.reduce((sum, { mutants }) => sum + mutants, 0)
  t.ok(count > 400, `${count} mutants`)
  const survivors = all.flatMap((result) => result.survivors)
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
  if (process.env.MUTANTS !== 'write')
    t.same(recorded, results, 'test/grafana/rules/mutants.json is current; if not, run `npm run mutants`')
  else if (t.passing()) writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
})

/** The results of all tiers. promtool runs only the mutants of the tiers whose recorded result has another digest. */
async function resultsOf(tiers: readonly Mutants[], recorded: Results): Promise<Results> {
  const withDigest = tiers.map((tier) => ({ ...tier, digest: digestOf(tier.job) }))
  const stale = withDigest.filter(({ job, digest }) => recorded[job.name]?.digest !== digest)
  const answers = await runPromtool(stale.map(({ job }) => job))
  return Object.fromEntries(
    withDigest.map(({ job, digest, descriptions }) => {
      const answer = answers.get(job.name)
      const failed = failedAlerts(answer ?? '')
      const survivors =
        answer === undefined
          ? (recorded[job.name]?.survivors ?? [])
          : [...descriptions].flatMap(([name, description]) => (failed.has(name) ? [] : [description]))
      return [job.name, { digest, mutants: descriptions.size, survivors }]
    })
  )
}

/** The names of the alerts in the error output of promtool. */
function failedAlerts(output: string): ReadonlySet<string> {
  return new Set([...output.matchAll(/^ *alertname: (\w+), time: /gm)].map(([, name = '']) => name))
}
