const string = /e'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"/isy
const dollarQuote = /\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iy
/** Names, keywords, numbers and parameters. A dollar sign inside a name does not begin a string. */
const word = /[\w$\u0080-\uffff]+/y

/**
 * Removes comments and line breaks, because the server may log every statement. String constants, quoted identifiers and
 * dollar-quoted strings do not change. Plain string constants have no escapes, because our sessions set
 * `standard_conforming_strings`. Source: PostgreSQL's documentation, "Lexical Structure".
 */
export function compactSql(sql: string): string {
  let compact = ''
  for (let at = 0; at < sql.length; ) {
    const gap = gapLength(sql, at)
    if (gap > 0) {
      compact += separator(compact.at(-1), sql.slice(at, at + gap), sql[at + gap])
      at += gap
    } else {
      const token = tokenAt(sql, at)
      compact += token
      at += token.length
    }
  }
  return compact
}

/** The length of the white space and comments that begin at this position. */
function gapLength(sql: string, from: number): number {
  let at = from
  for (let length = -1; length !== 0; at += length) length = commentLength(sql, at) || Number(/\s/.test(sql[at] ?? ''))
  return at - from
}

/** The replacement of a gap. String constants separated by a line break are one constant. */
function separator(before: string | undefined, gap: string, after: string | undefined): string {
  if (before === "'" && after === "'" && gap.includes('\n')) return '\n'
  return before === undefined || before === '(' || after === undefined || after === ')' ? '' : ' '
}

function tokenAt(sql: string, at: number): string {
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(sql)?.[0]
  }
  const tag = match(dollarQuote)
  if (tag === undefined) return match(string) ?? match(word) ?? sql[at] ?? ''
  const end = sql.indexOf(tag, at + tag.length)
  return sql.slice(at, end === -1 ? sql.length : end + tag.length)
}

/** The length of the comment that begins at this position; 0 if there is none. Block comments nest. */
function commentLength(sql: string, from: number): number {
  if (sql.startsWith('--', from)) {
    const end = sql.indexOf('\n', from)
    return (end === -1 ? sql.length : end) - from
  }
  if (!sql.startsWith('/*', from)) return 0
  let depth = 0
  for (let at = from; at < sql.length; at++) {
    if (sql.startsWith('/*', at)) depth++
    else if (sql.startsWith('*/', at)) depth--
    else continue
    at++
    if (depth === 0) return at + 1 - from
  }
  return sql.length - from
}
