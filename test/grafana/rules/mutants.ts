import { parser } from '@prometheus-io/lezer-promql'
import { expressionOf, renderAlert } from '../../../grafana/source/rules/render.ts'
import type { Job } from './run-promtool.ts'
import { jobOf, type TestedTier } from './tested-tiers.ts'

const opposite: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>=': '<', '<=': '>', '==': '!=', '!=': '==' }
const comparisons = ['Gtr', 'Lss', 'Gte', 'Lte', 'EqlC', 'Neq']

/** The mutants of a tier: the tier with one changed number, comparison or duration. Each must fail the test of the tier. */
export interface Mutants {
  /** By the name of the alert in `job`. */
  readonly descriptions: ReadonlyMap<string, string>
  /** The test of the tier for an alert of each mutant. promtool loads the series and evaluates the recording rules once for all. */
  readonly job: Job
}

/** The mutants of a tier. */
export function mutantsOf(tested: TestedTier): Mutants {
  const { alert, tier } = tested
  const mutated = mutations(tier.expression).map((expression) => ({ ...tier, expression }))
  const mutants = [...mutated, ...(tier.for === '0m' ? [] : [{ ...tier, for: '0m' }])]
  const original = jobOf(tested, true)
  const named = mutants.map((mutant, index) => ({ mutant, name: `Mutant${index}` }))
  return {
    descriptions: new Map(named.map(({ mutant, name }) => [name, `${original.name}: for ${mutant.for}, ${expressionOf(alert, mutant)}`])),
    job: {
      ...original,
      rules: named.flatMap(({ mutant, name }) => renderAlert({ ...alert, tiers: [mutant] }).map((rule) => ({ ...rule, alert: name }))),
      tests: original.tests.map((test) => ({
        ...test,
        alert_rule_test: named.flatMap(({ name }) => (test.alert_rule_test ?? []).map((one) => ({ ...one, alertname: name })))
      }))
    }
  }
}

/** The expression with each number changed by 30 % in both directions, and with each comparison inverted. */
function mutations(expression: string): readonly string[] {
  const found: string[] = []
  parser.parse(expression).iterate({
    enter: ({ name, from, to, node }) => {
      const replace = (text: string) => found.push(expression.slice(0, from) + text + expression.slice(to))
      const own = expression.slice(from, to)
      if (comparisons.includes(name) && node.parent?.name === 'BinaryExpr') replace(opposite[own] ?? own)
      if (name === 'NumberDurationLiteral') for (const number of neighbours(Number(own))) replace(String(number))
    }
  })
  return found
}

function neighbours(number: number): readonly number[] {
  return number === 0 ? [10, -1] : [number * 0.7, number * 1.3]
}
