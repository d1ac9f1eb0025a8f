/** A label matcher of a selector: `state=~"idle.*"`. */
export interface Matcher {
  readonly label: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** How two vectors are matched. */
export interface Matching {
  readonly kind: 'on' | 'ignoring' | 'all'
  readonly labels: readonly string[]
  /** The side with many series for one of the other. */
  readonly many: 'left' | 'right' | undefined
  readonly include: readonly string[]
}

/** A PromQL expression, without what changes neither its labels nor its type: parentheses, signs, offsets. */
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

/** Every expression within this one, itself first, each with those that it is in, nearest first. */
export function walk(expression: Expression, above: readonly Expression[] = []): readonly (readonly [Expression, readonly Expression[]])[] {
  const inner = [expression, ...above]
  return [[expression, above] as const, ...childrenOf(expression).flatMap((child) => walk(child, inner))]
}

function childrenOf(expression: Expression): readonly Expression[] {
  if (expression.kind === 'range') return [expression.of]
  if (expression.kind === 'call' || expression.kind === 'aggregate') return expression.parameters
  return expression.kind === 'binary' ? [expression.left, expression.right] : []
}
