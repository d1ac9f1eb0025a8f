import { test } from 'tap'
import { recordings } from '../../grafana/source/rules/recording.ts'
import { boards, panelsOf, queriesOf } from './dashboards/panels-of.ts'
import { checkExpression } from './promql/check-expression.ts'
import { walk } from './promql/expression.ts'
import { labelSet } from './promql/label-set.ts'
import { parseExpression } from './promql/parse-expression.ts'
import { recordedSeries } from './promql/recorded-series.ts'

const series = recordedSeries(recordings)
const options = { series, leastRangeSeconds: 60, allowTotals: true, guardDivisors: false }

test('every expression of every dashboard is valid', async (t) => {
  for (const board of boards) {
    for (const { where, expr } of queriesOf(board)) {
      // A variable reads only the labels of a counter.
      const errors = checkExpression(expr, options).filter((error) => !(where.includes(' variable ') && error.includes('is a counter')))
      t.same(errors, [], where)
    }
  }
})

test('every selector matches the selected job, exporter and server', async (t) => {
  for (const board of boards) {
    for (const { where, expr } of queriesOf(board)) {
      if (where.includes(' variable ')) continue
      for (const [part] of walk(parseExpression(expr))) {
        if (part.kind !== 'selector') continue
        const wanted = ['job', 'instance', ...(series[part.metric]?.labels.includes('server') ? ['server'] : [])]
        const found = part.matchers.filter(({ value }) => /^\$(job|instance|server)\|?$/.test(value)).map(({ label }) => label)
        t.same(found, wanted, `${where}: ${part.metric}`)
      }
    }
  }
})

test('legends refer to labels of the result', async (t) => {
  for (const board of boards) {
    for (const { title, targets = [] } of panelsOf(board)) {
      for (const { expr, legendFormat = '' } of targets) {
        const labels = labelSet(parseExpression(expr), series, () => {})
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) t.ok(labels?.has(label), `${board.uid} "${title}": ${label}`)
      }
    }
  }
})

test('a divisor is guarded against 0, or is never 0', async (t) => {
  const wrong = boards.flatMap(queriesOf).flatMap(({ where, expr }) =>
    checkExpression(expr, { ...options, guardDivisors: true })
      .filter((error) => error.includes('divisor'))
      .map((error) => `${where}: ${error}`)
  )
  t.same(wrong, [])
})
