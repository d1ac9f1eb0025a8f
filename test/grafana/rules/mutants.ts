import { parser } from '@prometheus-io/lezer-promql'
import { expressionOf } from '../../../grafana/source/rules/render.ts'
import type { Job } from './run-promtool.ts'
import { jobOf, type TestedTier } from './tested-tiers.ts'

const opposite: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>=': '<', '<=': '>', '==': '!=', '!=': '==' }
const comparisons = ['Gtr', 'Lss', 'Gte', 'Lte', 'EqlC', 'Neq']

/** Promtool jobs of a tier with one changed number, comparison or duration, each of which must fail. */
export function mutantsOf(tested: TestedTier): readonly Job[] {
  const { alert, tier } = tested
  const mutated = mutations(tier.expression).map((expression) => ({ ...tier, expression }))
  const immediate = tier.for === '0m' ? [] : [{ ...tier, for: '0m' }]
  return [...mutated, ...immediate].map((mutant) => {
    const original = jobOf(tested, true)
    const job = jobOf({ ...tested, tier: mutant })
    // The tests are those of the original tier.
    return {
      ...job,
      name: `${original.name}: for ${mutant.for}, ${expressionOf(alert, mutant)}`,
      tests: original.tests,
      stepMinutes: original.stepMinutes
    }
  })
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
