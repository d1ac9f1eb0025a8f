import { parser } from '@prometheus-io/lezer-promql'
import { expressionOf } from '../../../grafana/source/rules/render.ts'
import { jobOf, type ProvenAlert } from './proven-alerts.ts'
import type { Job } from './run-promtool.ts'

const opposite: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>=': '<', '<=': '>', '==': '!=', '!=': '==' }
const comparisons = ['Gtr', 'Lss', 'Gte', 'Lte', 'EqlC', 'Neq']

/** A condition with one number or one comparison changed: its proof must fail. */
export function mutantsOf(proven: ProvenAlert): readonly Job[] {
  const { alert, tier } = proven
  const mutated = mutations(tier.expression).map((expression) => ({ ...tier, expression }))
  const hasty = tier.for === '0m' ? [] : [{ ...tier, for: '0m' }]
  return [...mutated, ...hasty].map((mutant) => {
    const original = jobOf(proven, true)
    const job = jobOf({ ...proven, tier: mutant })
    // The proof stays that of the original.
    return {
      ...job,
      name: `${original.name}: for ${mutant.for}, ${expressionOf(alert, mutant)}`,
      tests: original.tests,
      stepMinutes: original.stepMinutes
    }
  })
}

/** The expression with each threshold a third away to both sides, and each comparison turned round. */
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
