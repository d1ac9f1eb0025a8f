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

test('every query of every board can be answered', async (t) => {
  for (const board of boards) {
    for (const { where, expr } of queriesOf(board)) {
      // A variable only wants the labels of a counter.
      const problems = checkExpression(expr, options).filter(
        (problem) => !(where.includes(' variable ') && problem.includes('is a counter'))
      )
      t.same(problems, [], where)
    }
  }
})

test('every selector is of the chosen job, exporter and server', async (t) => {
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

test('legends name labels that the answer has', async (t) => {
  for (const board of boards) {
    for (const { title, targets = [] } of panelsOf(board)) {
      for (const { expr, legendFormat = '' } of targets) {
        const labels = labelSet(parseExpression(expr), series, () => {})
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) t.ok(labels?.has(label), `${board.uid} "${title}": ${label}`)
      }
    }
  }
})

test('a divisor is guarded, or is never 0', async (t) => {
  const wrong = boards.flatMap(queriesOf).flatMap(({ where, expr }) =>
    checkExpression(expr, { ...options, guardDivisors: true })
      .filter((problem) => problem.includes('divisor'))
      .map((problem) => `${where}: ${problem}`)
  )
  t.same(wrong, [])
})
