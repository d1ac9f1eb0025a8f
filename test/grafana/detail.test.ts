import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'tap'
import { parse } from 'yaml'
import { detailOf } from '../../grafana/source/catalogue.ts'
import { detailOfExpression, metricsIn } from '../../grafana/source/detail.ts'
import { recordings } from '../../grafana/source/rules/recording.ts'
import { type Detail, details, includesDetail } from '../../src/query/detail.ts'
import { boards, panelsOf } from './dashboards/panels-of.ts'
import { childrenOf, type Expression, walk } from './promql/expression.ts'
import { parseExpression } from './promql/parse-expression.ts'

interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly labels?: { readonly severity?: string }
}

const folder = new URL('../../grafana/rules/', import.meta.url)
const rules: readonly Rule[] = readdirSync(folder).flatMap((file) =>
  parse(readFileSync(new URL(file, folder), 'utf8')).groups.flatMap(({ rules }: { readonly rules: readonly Rule[] }) => rules)
)

/** The metrics of an expression, with those of the recording rules that it reads. */
function inputsOf(expression: string): readonly string[] {
  const metrics = walk(parseExpression(expression)).flatMap(([part]) => (part.kind === 'selector' ? [part.metric] : []))
  return metrics.flatMap((metric) => {
    const recorded = rules.filter(({ record }) => record === metric)
    return recorded.length === 0 ? [metric] : recorded.flatMap(({ expr }) => inputsOf(expr))
  })
}

test('the inputs of all alerts are exported at standard, those of critical alerts at minimal', async (t) => {
  const alerts = rules.filter(({ alert }) => alert !== undefined)
  t.ok(alerts.length > 50)
  for (const { alert = '', expr, labels } of alerts) {
    const level = labels?.severity === 'critical' ? 'minimal' : 'standard'
    const missing = inputsOf(expr).filter((metric) => !includesDetail(level, detailOf(metric)))
    t.same(missing, [], `${alert} (${labels?.severity})`)
  }
})

/** The lowest level at which an expression can have a result. */
function lowestOf(expression: Expression): Detail {
  if (expression.kind === 'selector') {
    const recorded = rules.filter(({ record }) => record === expression.metric)
    const levels = recorded.map(({ expr }) => lowestOf(parseExpression(expr)))
    return recorded.length === 0 ? detailOf(expression.metric) : (details.find((detail) => levels.includes(detail)) ?? 'full')
  }
  if (expression.kind === 'binary' && expression.operator === 'unless') return lowestOf(expression.left)
  const levels = childrenOf(expression).map(lowestOf)
  const isAlternative = expression.kind === 'binary' && expression.operator === 'or'
  return (isAlternative ? details : details.toReversed()).find((detail) => levels.includes(detail)) ?? 'minimal'
}

test('an exception of an alert is exported at every level at which the alert can fire', async (t) => {
  let count = 0
  for (const { alert, record, expr } of rules) {
    for (const [part] of walk(parseExpression(expr))) {
      if (part.kind !== 'binary' || part.operator !== 'unless') continue
      count++
      const lowest = lowestOf(part.left)
      const exceptions = walk(part.right).flatMap(([one]) => (one.kind === 'selector' ? inputsOf(one.metric) : []))
      t.same(
        exceptions.filter((metric) => !includesDetail(lowest, detailOf(metric))),
        [],
        `${alert ?? record} fires at ${lowest}`
      )
    }
  }
  t.ok(count > 5)
})

const isZero = (expression: Expression) =>
  expression.kind === 'binary' &&
  expression.operator === '*' &&
  [expression.left, expression.right].some((one) => one.kind === 'number' && one.text === '0')

test('a missing series counts as 0 only at levels that export it', async (t) => {
  let count = 0
  const shown = boards.flatMap((board) =>
    panelsOf(board).flatMap(({ title, targets = [] }) => targets.map(({ expr = '' }) => [title, readable(expr)] as const))
  )
  for (const [name = '', expr] of [...rules.map(({ alert, record, expr }) => [alert ?? record, expr] as const), ...shown]) {
    for (const [part] of walk(parseExpression(expr))) {
      if (part.kind !== 'binary' || part.operator !== 'or' || !isZero(part.right)) continue
      count++
      t.ok(includesDetail(lowestOf(part.right), lowestOf(part.left)), name)
    }
  }
  t.ok(count >= 4)
})

test('the metrics of an expression include those of its recording rules', async (t) => {
  for (const { record } of Object.values(recordings).flat()) {
    const missing = [...new Set(inputsOf(record))].filter((name) => !metricsIn(record).has(name))
    t.same(missing, [], record)
  }
})

/** The open panels of which a part needs more than standard. */
const incomplete = ['Largest tables', 'Size', 'Dead rows']
/** The open panels that need more than standard: statistics of single indexes. */
const missing = ['Indexes']

test('the open panels of the dashboards have data at standard', async (t) => {
  for (const board of boards) {
    for (const { title, targets = [] } of board.panels.filter(({ type }) => type !== 'row')) {
      const below = targets.filter(({ expr = '' }) => detailOfExpression(expr) === 'full').length
      if (below > 0) t.ok(below < targets.length ? incomplete.includes(title) : missing.includes(title), `${board.uid} "${title}"`)
    }
  }
})

test('a panel states the level that its data needs', async (t) => {
  let count = 0
  for (const board of boards) {
    for (const { title, description = '', targets = [], fieldConfig } of panelsOf(board)) {
      const levels = targets.map(({ expr = '' }) => inputsOf(readable(expr)).map(detailOf))
      const needed = levels.flat()
      const whole = needed.includes('full') ? 'full' : needed.includes('standard') ? 'standard' : undefined
      if (whole !== undefined) count++
      t.equal(/eeds `detail: (\w+)`\./.exec(description)?.[1], whole, `${board.uid} "${title}"`)
      const isAlwaysShown = levels.some((target) => target.every((level) => level === 'minimal'))
      const isStandard = levels.some((target) => target.every((level) => level !== 'full'))
      const note = isAlwaysShown ? undefined : isStandard ? ', or detail is minimal' : ', or detail is not full'
      t.equal(/, or detail is .*$/.exec(fieldConfig?.defaults.noValue ?? '')?.[0], note, `${board.uid} "${title}" without data`)
    }
  }
  t.ok(count > 50)
})

/** An expression with values in place of Grafana's variables. */
function readable(expression: string): string {
  return expression.replaceAll(/\$__(rate_interval|range|interval)/g, '5m').replaceAll(/\$\{?\w+(:\w+)?\}?/g, 'x')
}
