/** A label matcher of a selector: `state=~"idle.*"`. */
export interface Matcher {
  readonly label: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** Vector matching of a binary operation. */
export interface Matching {
  readonly kind: 'on' | 'ignoring' | 'all'
  readonly labels: readonly string[]
  /** The "many" side of `group_left` or `group_right`. */
  readonly many: 'left' | 'right' | undefined
  readonly include: readonly string[]
}

/** A PromQL expression without parentheses, signs and offsets, which change neither labels nor type. */
export type Expression =
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'selector'; readonly metric: string; readonly matchers: readonly Matcher[] }
  | { readonly kind: 'range'; readonly seconds: number; readonly of: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly Expression[] }
  | {
      readonly kind: 'aggregate'
      readonly name: string
      readonly grouping: 'by' | 'without' | 'none'
      readonly labels: readonly string[]
      readonly parameters: readonly Expression[]
    }
  | {
      readonly kind: 'binary'
      readonly operator: string
      readonly left: Expression
      readonly right: Expression
      readonly matching: Matching
    }

/** The expression and all its subexpressions, each with its ancestors, nearest first. */
export function walk(expression: Expression, above: readonly Expression[] = []): readonly (readonly [Expression, readonly Expression[]])[] {
  const inner = [expression, ...above]
  return [[expression, above] as const, ...childrenOf(expression).flatMap((child) => walk(child, inner))]
}

/** The direct subexpressions. */
export function childrenOf(expression: Expression): readonly Expression[] {
  if (expression.kind === 'range') return [expression.of]
  if (expression.kind === 'call' || expression.kind === 'aggregate') return expression.parameters
  return expression.kind === 'binary' ? [expression.left, expression.right] : []
}
