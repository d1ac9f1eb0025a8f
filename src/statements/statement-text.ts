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

const [plainString, escapeString] = ["'(?:[^']|'')*(?:'|$)", String.raw`'(?:[^'\\]|\\.|'')*(?:'|\\?$)`].map(
  // String constants separated only by white space with a line break are one constant.
  (string) => String.raw`${string}(?:[ \t\f\r]*\n\s*${string})*`
)
const token = new RegExp(
  [
    String.raw`(?<comment>--[^\n]*|/\*)`,
    String.raw`(?<dollarQuote>\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)`,
    `(?<escaped>e${escapeString})|(?<plain>(?:[bxn]|u&)?${plainString})`,
    String.raw`\$(?:\d+|[\w$\u0080-\uffff]*)|(?<word>"(?:[^"]|"")*(?:"|$)|[\w$\u0080-\uffff]+)|.`
  ].join('|'),
  'isy'
)

function* tokensOf(text: string): Generator<Token> {
  for (let at = 0; at < text.length; ) {
    token.lastIndex = at
    const match = token.exec(text)
    const { comment, dollarQuote, escaped, plain, word } = match?.groups ?? {}
    const start = at
    at += match?.[0].length ?? 1
    if (comment === '/*') at = commentEnd(text, start)
    if (dollarQuote !== undefined) at = (text.indexOf(dollarQuote, at) >>> 0) + dollarQuote.length
    const own = text.slice(start, at)
    const string = dollarQuote ?? escaped ?? plain
    if (comment !== undefined) yield { kind: 'other', text: ' ' }
    else if (string !== undefined) yield { kind: plain !== undefined && own.includes("\\'") ? 'unclear' : 'string', text: own }
    else yield { kind: word === undefined ? 'other' : 'word', text: own }
  }
}

/** The end of the block comment that begins at this position. Block comments nest. */
function commentEnd(text: string, from: number): number {
  let depth = 0
  for (const { 0: mark, index } of text.slice(from).matchAll(/\/\*|\*\//g)) {
    depth += mark === '/*' ? 1 : -1
    if (depth === 0) return from + index + 2
  }
  return text.length
}
