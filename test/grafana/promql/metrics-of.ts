import { walk } from './expression.ts'
import { parseExpression } from './parse-expression.ts'

/** The names of the metrics that an expression reads. */
export function metricsOf(expression: string): readonly string[] {
  return walk(parseExpression(expression)).flatMap(([part]) => (part.kind === 'selector' ? [part.metric] : []))
}
