import { labelValues } from '../../../grafana/source/label-values.ts'
import { type Expression, type Matcher, walk } from './expression.ts'
import { labelSet, type Series } from './label-set.ts'
import { parseExpression } from './parse-expression.ts'

export interface CheckOptions {
  /** The known series: the catalogue and the recording rules. */
  readonly series: Series
  /** The shortest range: four scrapes, so that a rate works even if one scrape fails. */
  readonly leastRangeSeconds: number
  /** Whether aggregates over all servers are allowed, as for totals on a dashboard. */
  readonly allowTotals: boolean
  /** Whether divisors need a guard against 0: x / 0 is +Inf and would fire an alert. */
  readonly guardDivisors: boolean
}

/** All errors of an expression. */
export function checkExpression(text: string, options: CheckOptions): readonly string[] {
  const errors: string[] = []
  const report = (error: string) => errors.push(error)
  const expression = parseExpression(text)
  for (const [part, above] of walk(expression)) {
    if (part.kind === 'selector') checkSelector(part, above, options.series, report)
    if (part.kind === 'range' && part.seconds < options.leastRangeSeconds)
      report(`a range of ${part.seconds} s is shorter than ${options.leastRangeSeconds} s`)
    if (part.kind === 'aggregate') checkIdentity(part.name, part, options, report)
    if (part.kind === 'binary' && part.matching.kind === 'on') checkOn(part, options.series, report)
    if (part.kind === 'binary' && part.operator === '/' && options.guardDivisors) checkDivisor(part.right, options.series, report)
  }
  labelSet(expression, options.series, report)
  return [...new Set(errors)]
}

const counterFunctions = ['rate', 'increase', 'changes', 'resets', 'absent', 'absent_over_time', 'count_over_time', 'present_over_time']

function checkSelector(
  { metric, matchers }: Expression & { kind: 'selector' },
  above: readonly Expression[],
  series: Series,
  report: (error: string) => void
): void {
  const entry = series[metric]
  if (entry === undefined) {
    report(`${metric || 'a selector without a name'} is not in the catalogue`)
    return
  }
  for (const { label, operator, value } of matchers) {
    if (!['job', 'instance', ...entry.labels].includes(label)) report(`${metric} has no label ${label}`)
    checkValue(metric, { label, operator, value }, report)
  }
  const call = above.find((part) => part.kind !== 'range')
  const name = call?.kind === 'call' ? call.name : ''
  const counts = entry.type === 'counter' && entry.unit !== 'timestamp'
  // The maximum of a day is above 0 if anything was counted, even if a crash reset the counter.
  const isDailyMaximum = name === 'max_over_time' && above.some((part) => part.kind === 'range' && part.seconds >= 86_400)
  if (counts && !isDailyMaximum && !counterFunctions.includes(name)) report(`${metric} is a counter and not under rate or increase`)
  if (!counts && ['rate', 'increase', 'irate', 'resets'].includes(name)) report(`${metric} is a gauge, and ${name} is for counters`)
}

function checkValue(metric: string, { label, operator, value }: Matcher, report: (error: string) => void): void {
  const values = (labelValues as Readonly<Record<string, readonly string[]>>)[`${metric}.${label}`]
  // A Grafana variable may have any value.
  if (values === undefined || value.includes('$')) return
  const isOneOf =
    operator === '=' || operator === '!=' ? values.includes(value) : values.some((known) => new RegExp(`^(?:${value})$`).test(known))
  if (!isOneOf) report(`${metric} never has ${label}="${value}", but ${values.join(', ')}`)
}

const identity = ['job', 'instance', 'server']

function checkIdentity(
  name: string,
  { grouping, labels, parameters }: Expression & { kind: 'aggregate' },
  { series, allowTotals }: CheckOptions,
  report: (error: string) => void
): void {
  const set = parameters.map((inner) => labelSet(inner, series, () => {})).find((found) => found !== undefined)
  const wanted = identity.filter((label) => set?.has(label))
  const missing = wanted.filter((label) => (grouping === 'without' ? labels.includes(label) : !labels.includes(label)))
  if (missing.length === 0 || (allowTotals && (grouping === 'none' || missing.length === wanted.length))) return
  report(`${name} does not keep ${missing.join(', ')}`)
}

function checkOn(expression: Expression & { kind: 'binary' }, series: Series, report: (error: string) => void): void {
  const sets = [expression.left, expression.right].map((side) => labelSet(side, series, () => {}))
  const missing = identity.filter((label) => sets.every((set) => set?.has(label)) && !expression.matching.labels.includes(label))
  if (missing.length > 0) report(`on (${expression.matching.labels.join(', ')}) does not name ${missing.join(', ')}`)
}

/** Metrics that are never 0. */
const positive =
  /^pg_settings_(max_connections|autovacuum_.*freeze_max_age|max_locks_per_transaction|max_wal_size_bytes)$|^pg_(disk_total|database_quota)_bytes$/

function checkDivisor(divisor: Expression, series: Series, report: (error: string) => void): void {
  if (labelSet(divisor, series, () => {}) === undefined) return
  const guarded = walk(divisor).some(
    ([part]) => part.kind === 'binary' && ['>', '>='].includes(part.operator) && part.right.kind === 'number'
  )
  const selectors = walk(divisor).flatMap(([part]) => (part.kind === 'selector' ? [part.metric] : []))
  if (!guarded && !selectors.every((metric) => positive.test(metric))) report(`the divisor ${selectors.join(', ')} may be 0; write (… > 0)`)
}
