/**
 * Redacts the text of a statement for use as a label value: one line without comments, `'***'` for every string, at most
 * `length` code points. pg_stat_statements replaces most constants of plannable statements, but keeps those of utility
 * statements (`alter role … password 'secret'`, `set app.token = secret`, `copy (… pan = 4111) to …`). Utility statements
 * are therefore cut before their first value.
 * Source: PostgreSQL's documentation, "Lexical Structure" and "pg_stat_statements".
 */
export function statementText(text: string, length: number): string {
  let first = ''
  let sets = false
  let shown = ''
  for (const { kind, text: own } of tokensOf(text)) {
    const lowerCase = own.toLowerCase()
    if (kind === 'word' && first === '') first = lowerCase
    const isEnd = kind === 'unclear' || (!plannable.has(first) && isValue(kind, lowerCase, sets))
    shown += isEnd ? ' …' : kind === 'string' ? "'***'" : own
    if (isEnd) break
    sets ||= lowerCase === 'set'
    // A text can be several megabytes long.
    if (shown.length > 4 * length) shown = shown.replace(whitespace, ' ')
    if (shown.length > 4 * length) break
  }
  const line = shown.replace(whitespace, ' ').trim()
  const characters = [...line.slice(0, 2 * length + 2)]
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join('')}…`
}

const whitespace = /\s+/g

const plannable = new Set(['select', 'insert', 'update', 'delete', 'merge', 'with', 'values', 'table'])

interface Token {
  /** `unclear` is a string whose end depends on `standard_conforming_strings`, which is unknown here. */
  readonly kind: 'word' | 'string' | 'unclear' | 'other'
  readonly text: string
}

/** Whether the first value of a utility statement begins at this token: a string, a number, `=`, or `to` after `set`. */
function isValue(kind: Token['kind'], lowerCase: string, sets: boolean): boolean {
  return kind === 'string' || lowerCase === '=' || /^\d/.test(lowerCase) || (sets && kind === 'word' && lowerCase === 'to')
}

const word = /[\w$\u0080-\uffff]+/y
const parameter = /\$\d+/y
const dollarQuote = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const quotedName = /"(?:[^"]|"")*(?:"|$)/y
const escapeString = /'(?:[^'\\]|\\.|'')*(?:'|$)/sy
const plainString = /'(?:[^']|'')*(?:'|$)/y
/** String constants separated only by white space with a line break are one constant. */
const continued = /[ \t\f\r]*\n\s*(?=')/y

function* tokensOf(text: string): Generator<Token> {
  let at = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const take = (kind: Token['kind'], found: string): Token => {
    at += found.length
    return { kind, text: found }
  }
  const takeString = (pattern: RegExp): Token => {
    const from = at
    for (let isFirst = true; isFirst || text[at] === "'"; isFirst = false) {
      at += match(pattern)?.length ?? 1
      at += match(continued)?.length ?? 0
    }
    const found = text.slice(from, at)
    return { kind: pattern === plainString && /\\'/.test(found) ? 'unclear' : 'string', text: found }
  }
  while (at < text.length) {
    const comment = commentLength(text, at)
    const dollar = match(dollarQuote)
    const found = match(parameter) ?? match(word)
    if (comment > 0) {
      yield { kind: 'other', text: ' ' }
      at += comment
    } else if (text[at] === "'") yield takeString(plainString)
    else if (dollar !== undefined) {
      const end = text.indexOf(dollar, at + dollar.length)
      yield take('string', text.slice(at, end === -1 ? text.length : end + dollar.length))
    } else if (text[at] === '"') yield take('word', match(quotedName) ?? '"')
    else if (found === undefined) yield take('other', text[at] ?? '')
    else {
      const next = text.slice(at + found.length, at + found.length + 2)
      const isPrefix = (/^[ebxn]$/i.test(found) && next.startsWith("'")) || (/^u$/i.test(found) && next === "&'")
      at += isPrefix ? text.indexOf("'", at) - at : 0
      if (!isPrefix) yield take(/^\$/.test(found) ? 'other' : 'word', found)
      else yield takeString(/^e$/i.test(found) ? escapeString : plainString)
    }
  }
}

/** The length of the comment that begins at this position; 0 if there is none. Block comments nest. */
function commentLength(text: string, from: number): number {
  const isBlock = text.startsWith('/*', from)
  if (!isBlock && !text.startsWith('--', from)) return 0
  const rest = text.slice(from)
  let depth = 0
  for (const { 0: mark, index } of rest.matchAll(isBlock ? /\/\*|\*\//g : /\n/g)) {
    depth += mark === '/*' ? 1 : -1
    if (depth <= 0) return index + (isBlock ? 2 : 0)
  }
  return rest.length
}
