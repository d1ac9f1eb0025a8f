// Finds the function calls and sources of rows of a statement, which a server can refuse. This is not a full parser: it
// tracks parentheses, CASE and the clauses of each SELECT. If the result is wrong, the statement fails without the part,
// and is skipped as a whole.

interface Range {
  readonly start: number
  readonly end: number
}

/** A function call or a source of rows in a statement. */
export interface SqlPart extends Range {
  /** Equal for equal parts of all statements, for example `pg_catalog.pg_ls_waldir()` or `pg_catalog.pg_stat_wal_receiver`. */
  readonly key: string
  readonly schema: string
  readonly name: string
  readonly isCall: boolean
  /** Whether it is a source of rows in a FROM clause. */
  readonly isSource: boolean
  /** A statement that evaluates it alone; undefined if its arguments are not constant. */
  readonly probe: string | undefined
  /**
   * The expression that is replaced with null if the part is refused: the outermost function call, CASE or subquery around
   * it, because coalesce, exists or count would return a number for null. Undefined in a FROM or WHERE clause: without the
   * part, the statement would return other rows.
   */
  readonly expression: Range | undefined
  /** The name of the result column, if the expression is a column without an alias. */
  readonly column: string | undefined
}

/** A parenthesis with the call in front of it, a CASE, or the whole statement. */
interface Node {
  readonly kind: 'statement' | 'parenthesis' | 'case'
  readonly start: number
  /** The end, with FILTER and OVER. */
  end: number
  /** The end of the parenthesis. */
  close: number
  readonly isSelect: boolean
  /** Whether null can replace it. */
  readonly isExpression: boolean
  /** Whether its parts cannot be replaced: the subquery of IN, ANY or ALL. */
  readonly isOpaque: boolean
  /** The clause in which it begins. */
  readonly outerClause: string
  /** The current clause of its SELECT, or the clause around it. */
  clause: string
  /** Whether the last word of this CASE was THEN or ELSE: only a refused condition makes the whole CASE null. */
  isBranch: boolean
  /** The call that it continues, if it belongs to FILTER or OVER. */
  readonly continued: Node | undefined
}

/** A part before the ends of its nodes are known. */
interface Draft {
  readonly names: readonly string[]
  readonly start: number
  readonly end: number
  readonly node: Node | undefined
  readonly argumentsStart: number
  readonly path: readonly Node[]
  readonly isSource: boolean
}

interface Chain {
  readonly names: readonly string[]
  readonly word: string
  readonly start: number
  readonly end: number
  /** The token before it. */
  readonly before: string
}

const identifier = String.raw`(?:"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`
const literal = String.raw`[eE]'(?:[^'\\]|''|\\[\s\S])*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'|\$(?<tag>\w*)\$[\s\S]*?\$\k<tag>\$|\$?\d[\w.]*`
const tokens = new RegExp(
  String.raw`(?<skip>\s+|--[^\n]*|/\*[\s\S]*?\*/)|(?<literal>${literal})|(?<chain>${identifier}(?:\s*\.\s*${identifier})*)|(?<symbol>::|[\s\S])`,
  'gy'
)

const list = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** Expressions in the form of function calls. */
const constructs = list('coalesce greatest least nullif extract row exists array cast substring position overlay trim normalize')

/** Words in front of a parenthesis that are not functions. */
const reserved = list(
  'all and any as between by case distinct else except filter from group having ilike in intersect is join lateral like limit materialized not offset on only or order over partition select similar some then union using values when where window with within'
)

const clauses = list('select from where on using having group order limit offset fetch window')

/** Finds the function calls and the qualified sources of rows of a statement, in their order. */
export function sqlParts(sql: string): readonly SqlPart[] {
  const statement = makeNode('statement', 0, { isSelect: true })
  const path: Node[] = [statement]
  const drafts: Draft[] = []
  let last = ''
  let closed: Node | undefined
  let chain: Chain | undefined
  const top = () => path.at(-1) ?? statement
  const endRelation = () => {
    if (chain !== undefined && chain.names.length === 2 && isSourcePosition(chain.before, top())) {
      drafts.push({ ...chain, node: undefined, argumentsStart: 0, path: above(path), isSource: true })
    }
    chain = undefined
  }
  for (const match of sql.matchAll(tokens)) {
    const { skip, chain: text, symbol } = match.groups ?? {}
    const start = match.index
    const end = start + match[0].length
    if (skip !== undefined) continue
    if (symbol === '(') {
      const isAdjacent: boolean = chain?.end === start && chain.before !== '::'
      const isPrefix = chain?.word === 'exists' || chain?.word === 'array'
      const called: Chain | undefined = (isAdjacent || isPrefix) && chain !== undefined && !reserved.has(chain.word) ? chain : undefined
      if (called === undefined) endRelation()
      const isQuery = /^\s*(?:select|with|values)\b/i.test(sql.slice(end, end + 200))
      const isSource = called !== undefined && isSourcePosition(called.before, top())
      const isSublink = called === undefined && isQuery && !isTransparent(last, top())
      const isOpaque = isSublink && /^(?:in|any|all|some)$/.test(last)
      const node = makeNode('parenthesis', called?.start ?? start, {
        isSelect: isQuery,
        isExpression: (called !== undefined && !isSource) || (isSublink && !isOpaque),
        isOpaque,
        outerClause: top().clause,
        clause: isQuery ? 'select' : top().clause,
        continued: /^(?:filter|over|group)$/.test(last) ? closed : undefined
      })
      if (called !== undefined && !constructs.has(called.word)) {
        drafts.push({ ...called, node, argumentsStart: end, path: [...above(path), node], isSource })
      }
      path.push(node)
      chain = undefined
      last = '('
    } else if (text !== undefined) {
      endRelation()
      const names = [...text.matchAll(new RegExp(identifier, 'g'))].map(([name]) => unquote(name))
      const word = names.length === 1 && !text.startsWith('"') ? text.toLowerCase() : ''
      if (top().isSelect && clauses.has(word) && last !== 'distinct') top().clause = word
      if (top().isSelect && word === 'join') top().clause = 'from'
      if (word === 'case') path.push(makeNode('case', start, { isExpression: true, outerClause: top().clause, clause: top().clause }))
      if (top().kind === 'case' && /^(?:when|then|else)$/.test(word)) top().isBranch = word !== 'when'
      if (word === 'end' && top().kind === 'case') top().end = end
      if (word === 'end' && top().kind === 'case') path.pop()
      if (last === 'over' && closed !== undefined) closed.end = end
      chain = { names, word, start, end, before: last }
      last = word
    } else {
      endRelation()
      last = match[0]
      if (symbol === ')') {
        const node = top()
        if (node.kind !== 'statement') path.pop()
        node.close = node.end = end
        closed = node.continued ?? node
        closed.end = end
      }
    }
  }
  endRelation()
  return drafts.flatMap((draft) => toPart(sql, draft))
}

function makeNode(kind: Node['kind'], start: number, more: Partial<Node>): Node {
  const unset = {
    isSelect: false,
    isExpression: false,
    isOpaque: false,
    outerClause: 'select',
    clause: 'select',
    isBranch: false,
    continued: undefined
  }
  return { kind, start, end: 0, close: 0, ...unset, ...more }
}

/** The nodes that determine the expression of a part. A FILTER belongs to its call, a branch of CASE to the nodes around it. */
function above(path: readonly Node[]): readonly Node[] {
  return path.flatMap((node) => (node.isBranch ? [] : [node.continued ?? node]))
}

/** Whether a name after this token names a source of rows. */
function isSourcePosition(before: string, { isSelect, clause }: Node): boolean {
  return isSelect && clause === 'from' && /^(?:from|join|lateral|only|,)$/.test(before)
}

/** Whether a subquery after this token belongs to a FROM clause, WITH or UNION, so that its columns are those of the query. */
function isTransparent(before: string, around: Node): boolean {
  return isSourcePosition(before, around) || /^(?:|as|materialized|union|except|intersect)$/.test(before)
}

function toPart(sql: string, { names, start, end, node, argumentsStart, path, isSource }: Draft): readonly SqlPart[] {
  const [schema, name] = names.length === 1 ? ['pg_catalog', names[0]] : names
  if (schema === undefined || name === undefined || names.length > 2 || node?.close === 0) return []
  const first = path.findIndex(({ isExpression, isOpaque }) => isExpression || isOpaque)
  const outermost = path[first]
  const isReplaceable = outermost?.isExpression === true && outermost.outerClause === 'select'
  const argumentsText = node && sql.slice(argumentsStart, node.close - 1).trim()
  const isConstant = argumentsText === undefined || /^(?:(?:null|true|false|'(?:[^']|'')*'|-?[\d.]+)\s*(?:,\s*|$))*$/i.test(argumentsText)
  const written = argumentsText === undefined ? '' : isConstant ? `(${argumentsText})` : '(…)'
  const text = sql.slice(start, node?.close ?? end)
  return [
    {
      key: `${schema}.${name}${written}`,
      schema,
      name,
      isCall: node !== undefined,
      isSource,
      start,
      end: node?.close ?? end,
      probe: !isConstant ? undefined : isSource ? `select * from ${text} limit 1` : `select ${text}`,
      expression: isReplaceable ? { start: outermost.start, end: outermost.end } : undefined,
      column: isReplaceable && outermost === node && path.at(-2)?.isSelect ? columnOf(sql, outermost, name) : undefined
    }
  ]
}

/** A function call in a select list names its column, unless an alias follows. */
function columnOf(sql: string, { start, end }: Range, name: string): string | undefined {
  const isAlone = /(?:\bselect|,)\s*$/i.test(sql.slice(0, start)) && /^\s*(?:,|\)|$|from\b)/i.test(sql.slice(end))
  return isAlone ? name : undefined
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()
}
