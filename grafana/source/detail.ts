import { type Detail, details } from '../../src/query/detail.ts'
import { detailOf } from './catalogue.ts'
import { recordings } from './rules/recording.ts'

const rules = Object.values(recordings).flat()

/** The metrics of an expression, with those of the recording rules that it reads. */
export function metricsIn(expression: string): ReadonlySet<string> {
  const names = [...expression.replaceAll(/"[^"]*"/g, '').matchAll(/[a-z_][\w:]*/gi)].map(([name]) => name)
  return new Set(
    names.flatMap((name) => {
      // Several rules may record one series, with different labels.
      const recorded = rules.filter(({ record }) => record === name)
      return recorded.length === 0 ? [name] : recorded.flatMap(({ expression }) => [...metricsIn(expression)])
    })
  )
}

/** The lowest level of detail that exports all metrics of an expression. */
export function detailOfExpression(expression: string): Detail {
  const needed = new Set([...metricsIn(expression)].map(detailOf))
  return details.findLast((detail) => needed.has(detail)) ?? 'minimal'
}
