import { labelValues } from '../../../grafana/source/label-values.ts'
import { type Expression, type Matcher, walk } from './expression.ts'
import { labelSet, type Series } from './label-set.ts'
import { parseExpression } from './parse-expression.ts'

export interface CheckOptions {
  /** What may be selected: the catalogue and the recording rules. */
  readonly series: Series
  /** The shortest range: four scrapes, so that one missed leaves enough for a rate. */
  readonly leastRangeSeconds: number
  /** Whether an aggregate may run over all servers, as a total on a dashboard does. */
  readonly allowTotals: boolean
  /** Whether each divisor must be guarded against 0: a division by it would fire an alert. */
  readonly guardDivisors: boolean
}

/** What is wrong with an expression: every problem, none when it is right. */
export function checkExpression(text: string, options: CheckOptions): readonly string[] {
  const problems: string[] = []
  const complain = (problem: string) => problems.push(problem)
  const expression = parseExpression(text)
  for (const [part, above] of walk(expression)) {
    if (part.kind === 'selector') checkSelector(part, above, options.series, complain)
    if (part.kind === 'range' && part.seconds < options.leastRangeSeconds)
      complain(`a range of ${part.seconds} s is shorter than ${options.leastRangeSeconds} s`)
    if (part.kind === 'aggregate') checkIdentity(part.name, part, options, complain)
    if (part.kind === 'binary' && part.matching.kind === 'on') checkOn(part, options.series, complain)
    if (part.kind === 'binary' && part.operator === '/' && options.guardDivisors) checkDivisor(part.right, options.series, complain)
  }
  labelSet(expression, options.series, complain)
  return [...new Set(problems)]
}

const counterFunctions = ['rate', 'increase', 'changes', 'resets', 'absent', 'absent_over_time']

function checkSelector(
  { metric, matchers }: Expression & { kind: 'selector' },
  above: readonly Expression[],
  series: Series,
  complain: (problem: string) => void
): void {
  const entry = series[metric]
  if (entry === undefined) {
    complain(`${metric || 'a selector without a name'} is not in the catalogue`)
    return
  }
  for (const { label, operator, value } of matchers) {
    if (!['job', 'instance', ...entry.labels].includes(label)) complain(`${metric} has no label ${label}`)
    checkValue(metric, { label, operator, value }, complain)
  }
  const call = above.find((part) => part.kind !== 'range')
  const name = call?.kind === 'call' ? call.name : ''
  const counts = entry.type === 'counter' && entry.unit !== 'timestamp'
  if (counts && !counterFunctions.includes(name)) complain(`${metric} is a counter and not under rate or increase`)
  if (!counts && ['rate', 'increase', 'irate', 'resets'].includes(name)) complain(`${metric} is a gauge, and ${name} is for counters`)
}

function checkValue(metric: string, { label, operator, value }: Matcher, complain: (problem: string) => void): void {
  const values = (labelValues as Readonly<Record<string, readonly string[]>>)[`${metric}.${label}`]
  // A variable of Grafana's stands for any value.
  if (values === undefined || value.includes('$')) return
  const isOneOf =
    operator === '=' || operator === '!=' ? values.includes(value) : values.some((known) => new RegExp(`^(?:${value})$`).test(known))
  if (!isOneOf) complain(`${metric} never has ${label}="${value}", but ${values.join(', ')}`)
}

const identity = ['job', 'instance', 'server']

function checkIdentity(
  name: string,
  { grouping, labels, parameters }: Expression & { kind: 'aggregate' },
  { series, allowTotals }: CheckOptions,
  complain: (problem: string) => void
): void {
  const set = parameters.map((inner) => labelSet(inner, series, () => {})).find((found) => found !== undefined)
  const wanted = identity.filter((label) => set?.has(label))
  const missing = wanted.filter((label) => (grouping === 'without' ? labels.includes(label) : !labels.includes(label)))
  if (missing.length === 0 || (allowTotals && (grouping === 'none' || missing.length === wanted.length))) return
  complain(`${name} does not keep ${missing.join(', ')}`)
}

function checkOn(expression: Expression & { kind: 'binary' }, series: Series, complain: (problem: string) => void): void {
  const sets = [expression.left, expression.right].map((side) => labelSet(side, series, () => {}))
  const missing = identity.filter((label) => sets.every((set) => set?.has(label)) && !expression.matching.labels.includes(label))
  if (missing.length > 0) complain(`on (${expression.matching.labels.join(', ')}) does not name ${missing.join(', ')}`)
}

/** Settings and sizes that are never 0. */
const positive =
  /^pg_settings_(max_connections|autovacuum_.*freeze_max_age|max_locks_per_transaction|max_wal_size_bytes)$|^pg_(disk_total|database_quota)_bytes$/

function checkDivisor(divisor: Expression, series: Series, complain: (problem: string) => void): void {
  if (labelSet(divisor, series, () => {}) === undefined) return
  const guarded = walk(divisor).some(
    ([part]) => part.kind === 'binary' && ['>', '>='].includes(part.operator) && part.right.kind === 'number'
  )
  const selectors = walk(divisor).flatMap(([part]) => (part.kind === 'selector' ? [part.metric] : []))
  if (!guarded && !selectors.every((metric) => positive.test(metric)))
    complain(`the divisor ${selectors.join(', ')} may be 0; write (… > 0)`)
}
