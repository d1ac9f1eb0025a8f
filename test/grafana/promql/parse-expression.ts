import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'
import type { Expression, Matcher, Matching } from './expression.ts'

/** Grafana variables outside quotes, and values that parse in their place. */
const variables: readonly (readonly [RegExp, string])[] = [
  [/\$\{?__rate_interval\}?/g, '5m'],
  [/\$\{?__(range|interval)\}?/g, '1h'],
  [/\$\{?topn\}?/g, '5']
]

/** Parses PromQL, also with Grafana variables; throws a syntax error with its position. */
export function parseExpression(text: string): Expression {
  const plain = variables.reduce((result, [variable, value]) => result.replaceAll(variable, value), text)
  const tree = parser.parse(plain)
  tree.iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`does not parse at "${plain.slice(node.from, node.from + 30)}": ${plain}`)
    }
  })
  const top = tree.topNode.firstChild
  if (top === null) throw new Error('empty expression')
  return read(top, plain)
}

function read(node: SyntaxNode, text: string): Expression {
  const own = (part: SyntaxNode) => text.slice(part.from, part.to)
  const children = childrenOf(node)
  const operands = children.filter(isOperand)
  const inner = (): Expression => {
    const [first] = operands
    if (first === undefined) throw new Error(`no operand in "${own(node)}"`)
    return read(first, text)
  }
  switch (node.name) {
    case 'NumberDurationLiteral':
      return { kind: 'number', text: own(node) }
    case 'StringLiteral':
      return { kind: 'string', text: own(node).slice(1, -1) }
    case 'VectorSelector':
      return { kind: 'selector', metric: nameOf(node, text), matchers: matchersOf(node, text) }
    case 'MatrixSelector':
    case 'SubqueryExpr':
      return { kind: 'range', seconds: secondsOf(own(node.getChild('DurationExpr') ?? node)), of: inner() }
    case 'FunctionCall':
      return { kind: 'call', name: own(node.getChild('FunctionIdentifier') ?? node), parameters: parametersOf(node, text) }
    case 'AggregateExpr':
      return aggregate(node, text)
    case 'BinaryExpr': {
      const [left, right] = operands
      const operator = children.find((child) => !isOperand(child) && !/Modifier/.test(child.name))
      if (left === undefined || right === undefined || operator === undefined) throw new Error(`missing operand in "${own(node)}"`)
      return { kind: 'binary', operator: own(operator), left: read(left, text), right: read(right, text), matching: matchingOf(node, text) }
    }
    default:
      return inner()
  }
}

const operandNames =
  /^(NumberDurationLiteral|StringLiteral|VectorSelector|MatrixSelector|SubqueryExpr|FunctionCall|AggregateExpr|BinaryExpr|ParenExpr|UnaryExpr|OffsetExpr|StepInvariantExpr)$/

function isOperand(node: SyntaxNode): boolean {
  return operandNames.test(node.name)
}

function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child)
  return children
}

function nameOf(node: SyntaxNode, text: string): string {
  const identifier = node.getChild('Identifier')
  return identifier === null ? '' : text.slice(identifier.from, identifier.to)
}

function matchersOf(node: SyntaxNode, text: string): readonly Matcher[] {
  const all = childrenOf(node.getChild('LabelMatchers') ?? node).filter(({ name }) => name === 'UnquotedLabelMatcher')
  return all.map((matcher) => {
    const [, label = '', operator = '', value = ''] =
      /^(\w+)\s*(=~|!~|!=|=)\s*["'](.*)["']$/s.exec(text.slice(matcher.from, matcher.to)) ?? []
    return { label, operator: operator as Matcher['operator'], value }
  })
}

function parametersOf(node: SyntaxNode, text: string): readonly Expression[] {
  const body = node.getChild('FunctionCallBody')
  return body === null
    ? []
    : childrenOf(body)
        .filter(isOperand)
        .map((child) => read(child, text))
}

function labelsOf(node: SyntaxNode | undefined, text: string): readonly string[] {
  return node === undefined ? [] : childrenOf(node).map((label) => text.slice(label.from, label.to))
}

function aggregate(node: SyntaxNode, text: string): Expression {
  const modifier = node.getChild('AggregateModifier')
  const grouping = modifier === null ? 'none' : modifier.getChild('By') === null ? 'without' : 'by'
  const operator = node.getChild('AggregateOp') ?? node
  return {
    kind: 'aggregate',
    name: text.slice(operator.from, operator.to),
    grouping,
    labels: labelsOf(modifier?.getChild('GroupingLabels') ?? undefined, text),
    parameters: parametersOf(node, text)
  }
}

function matchingOf(node: SyntaxNode, text: string): Matching {
  const clause = node.getChild('MatchingModifierClause')
  if (clause === null) return { kind: 'all', labels: [], many: undefined, include: [] }
  const groupings = clause.getChildren('GroupingLabels')
  const many = clause.getChild('GroupLeft') !== null ? 'left' : clause.getChild('GroupRight') !== null ? 'right' : undefined
  return {
    kind: clause.getChild('On') === null ? 'ignoring' : 'on',
    labels: labelsOf(groupings[0], text),
    many,
    include: labelsOf(groupings[1], text)
  }
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 }

/** Seconds of `1h30m`. */
export function secondsOf(duration: string): number {
  return [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (unitSeconds[unit] ?? 0),
    0
  )
}
