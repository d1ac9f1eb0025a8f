import type { Expression } from './expression.ts'

/** A series of the catalogue, or of a recording rule. */
export interface SeriesEntry {
  readonly type: string
  readonly unit: string
  readonly labels: readonly string[]
}

export type Series = Readonly<Record<string, SeriesEntry>>

/** The labels of an expression's result, undefined for a scalar or a string. Reports operations whose sides cannot match. */
export function labelSet(expression: Expression, series: Series, report: (error: string) => void): ReadonlySet<string> | undefined {
  const of = (inner: Expression) => labelSet(inner, series, report)
  switch (expression.kind) {
    case 'number':
    case 'string':
      return undefined
    case 'selector':
      return new Set(['job', 'instance', ...(series[expression.metric]?.labels ?? [])])
    case 'range':
      return of(expression.of)
    case 'call':
      return callLabels(expression, of)
    case 'aggregate':
      return aggregateLabels(expression, of, report)
    case 'binary':
      return binaryLabels(expression, of, report)
  }
}

type Of = (inner: Expression) => ReadonlySet<string> | undefined

function callLabels({ name, parameters }: Expression & { kind: 'call' }, of: Of): ReadonlySet<string> | undefined {
  const sets = parameters.map(of)
  const [vector = new Set<string>()] = sets.filter((set) => set !== undefined)
  if (['time', 'scalar', 'pi'].includes(name)) return undefined
  if (name === 'vector') return new Set()
  if (name.startsWith('absent')) {
    const [inner] = parameters
    const selector = inner?.kind === 'range' ? inner.of : inner
    return new Set(
      selector?.kind === 'selector' ? selector.matchers.filter(({ operator }) => operator === '=').map(({ label }) => label) : []
    )
  }
  if (name === 'histogram_quantile') return without(vector, ['le'])
  const [, added] = parameters
  if ((name === 'label_replace' || name === 'label_join') && added?.kind === 'string') return new Set([...vector, added.text])
  return vector
}

function aggregateLabels(
  { name, grouping, labels, parameters }: Expression & { kind: 'aggregate' },
  of: Of,
  report: (error: string) => void
): ReadonlySet<string> {
  const [vector = new Set<string>()] = parameters.map(of).filter((set) => set !== undefined)
  for (const label of labels) if (!vector.has(label)) report(`${name} ${grouping} (${label}): no such label in ${list(vector)}`)
  if (name === 'topk' || name === 'bottomk') return vector
  const kept = grouping === 'without' ? without(vector, labels) : new Set(labels)
  const [first] = parameters
  return name === 'count_values' && first?.kind === 'string' ? new Set([...kept, first.text]) : kept
}

/** Labels that depend on the others: they add no series. */
const dependent: Readonly<Record<string, readonly string[]>> = {
  pg_database_info: ['team'],
  pg_server_info: ['version', 'role', 'system_identifier', 'timeline'],
  pg_static: ['version', 'short_version'],
  pg_stat_statements_query_id: ['query'],
  pgvitals_build_info: ['version', 'node']
}

function binaryLabels(
  { operator, left, right, matching }: Expression & { kind: 'binary' },
  of: Of,
  report: (error: string) => void
): ReadonlySet<string> | undefined {
  const [leftSet, rightSet] = [of(left), of(right)]
  if (leftSet === undefined || rightSet === undefined) return leftSet ?? rightSet
  const both = `${list(leftSet)} ${operator} ${list(rightSet)}`
  // absent() has fewer labels, and no series while the left side has one.
  if (operator === 'or' && right.kind === 'call' && right.name === 'absent') return leftSet
  const isSetOperator = ['and', 'or', 'unless'].includes(operator)
  const key =
    matching.kind === 'on'
      ? new Set(matching.labels)
      : without(matching.kind === 'all' ? leftSet : new Set([...leftSet, ...rightSet]), matching.labels)
  for (const label of key) {
    for (const [side, set] of Object.entries({ left: leftSet, right: rightSet })) {
      if (!set.has(label)) report(`${both}: they are matched by ${label}, which the ${side} side lacks`)
    }
  }
  if (matching.kind === 'all' && list(leftSet) !== list(rightSet)) report(`${both}: the two sides have different labels`)
  if (isSetOperator) return operator === 'or' ? new Set([...leftSet, ...rightSet]) : leftSet
  for (const [side, set, expression] of [
    ['left', leftSet, left],
    ['right', rightSet, right]
  ] as const) {
    const surplus = [...set].filter((label) => !key.has(label) && !determined(expression).includes(label))
    if (matching.many !== side && surplus.length > 0)
      report(`${both}: the ${side} side may have many series for one key, by ${surplus.join(', ')}`)
  }
  const [many, one] = matching.many === 'right' ? [rightSet, leftSet] : [leftSet, rightSet]
  for (const label of matching.include) if (!one.has(label)) report(`${both}: group_${matching.many} (${label}) is not on the other side`)
  if (matching.many !== undefined) return new Set([...many, ...matching.include])
  return matching.kind === 'on' ? key : without(leftSet, matching.labels)
}

function determined(expression: Expression): readonly string[] {
  if (expression.kind === 'selector') return dependent[expression.metric] ?? []
  return expression.kind === 'binary' && expression.right.kind === 'number' ? determined(expression.left) : []
}

function without(set: ReadonlySet<string>, labels: readonly string[]): ReadonlySet<string> {
  return new Set([...set].filter((label) => !labels.includes(label)))
}

function list(set: ReadonlySet<string>): string {
  return `{${[...set].sort().join(', ')}}`
}
