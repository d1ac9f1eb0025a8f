import type { Expression } from '../promql/expression.ts'
import type { Series } from '../promql/label-set.ts'

/** `seconds`, `bytes/s`, `count`, `ratio`, `timestamp` or `milliseconds`; undefined where unknown. */
export type Dimension = string | undefined

/** The dimension of an expression, from the units of its metrics. */
export function unitOf(expression: Expression, series: Series): Dimension {
  const of = (inner: Expression | undefined) => (inner === undefined ? undefined : unitOf(inner, series))
  switch (expression.kind) {
    case 'selector':
      return unitOfMetric(expression.metric, series)
    case 'range':
      return of(expression.of)
    case 'aggregate':
      return ['count', 'count_values'].includes(expression.name) ? 'count' : of(expression.parameters.find(isVector))
    case 'call':
      return unitOfCall(expression.name, of(expression.parameters.find(isVector)))
    case 'binary':
      return unitOfBinary(expression, of(expression.left), of(expression.right))
    default:
      return undefined
  }
}

const isVector = ({ kind }: Expression) => kind !== 'number' && kind !== 'string'

function unitOfMetric(metric: string, series: Series): Dimension {
  if (metric.endsWith('_ratio') || metric.includes(':ratio')) return 'ratio'
  if (metric.endsWith(':eta_seconds')) return 'seconds'
  const unit = series[metric]?.unit
  return unit === 'none' ? 'count' : unit
}

function unitOfCall(name: string, unit: Dimension): Dimension {
  if (name === 'rate' || name === 'deriv') return unit === 'seconds' ? 'ratio' : `${unit}/s`
  if (name === 'time') return 'timestamp'
  if (['changes', 'resets', 'count_over_time', 'vector', 'absent'].includes(name)) return 'count'
  return unit
}

function unitOfBinary({ operator, right }: Expression & { kind: 'binary' }, left: Dimension, rightUnit: Dimension): Dimension {
  if (['and', 'or', 'unless', '==', '!=', '>', '<', '>=', '<='].includes(operator)) return left ?? rightUnit
  if (operator === '-' && left === 'timestamp' && rightUnit === 'timestamp') return 'seconds'
  if (operator === '+' || operator === '-') return left ?? rightUnit
  if (operator === '/') {
    if (rightUnit === undefined) return left
    if (left === rightUnit) return 'ratio'
    if (rightUnit === 'count') return left
    if (rightUnit === 'count/s') return left === 'ratio' ? 'seconds' : left?.replace('/s', '')
    return undefined
  }
  if (operator === '*') {
    if (left === 'timestamp' && right.kind === 'number' && right.text === '1000') return 'milliseconds'
    if (left === 'count/s' || rightUnit === 'count/s') return 'count'
    if (left === undefined || left === 'count') return rightUnit ?? left
    return rightUnit === undefined || rightUnit === 'count' ? left : undefined
  }
  return undefined
}
