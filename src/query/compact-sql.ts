/** White space and comments up to the end of the line. */
const space = /(?:\s|--[^\n]*)+/y
/**
 * The delimiter of a dollar-quoted string, a string constant, a quoted identifier, or names, keywords, numbers and parameters.
 * A dollar sign inside a name does not begin a string.
 */
const token = /(\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)|e'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|[\w$\u0080-\uffff]+/isy

/**
 * Removes comments and line breaks, because the server may log every statement. String constants, quoted identifiers and
 * dollar-quoted strings do not change. Plain string constants have no escapes, because our sessions set
 * `standard_conforming_strings`. Source: PostgreSQL's documentation, "Lexical Structure".
 */
export function compactSql(sql: string): string {
  const parts: string[] = []
  for (let at = 0; at < sql.length; ) {
    const gap = gapLength(sql, at)
    const part = gap > 0 ? separator(parts.at(-1)?.at(-1), sql.slice(at, at + gap), sql[at + gap]) : tokenAt(sql, at)
    if (part !== '') parts.push(part)
    at += gap || part.length
  }
  return parts.join('')
}

/** The length of the white space and comments that begin at this position. */
function gapLength(sql: string, from: number): number {
  let at = from
  for (let length = -1; length !== 0; at += length) length = (matchAt(space, sql, at)?.[0].length ?? 0) || blockCommentLength(sql, at)
  return at - from
}

/** The replacement of a gap. String constants separated by a line break are one constant. */
function separator(before: string | undefined, gap: string, after: string | undefined): string {
  if (before === "'" && after === "'" && gap.includes('\n')) return '\n'
  return before === undefined || before === '(' || after === undefined || after === ')' ? '' : ' '
}

function tokenAt(sql: string, at: number): string {
  const [text = sql[at] ?? '', tag] = matchAt(token, sql, at) ?? []
  if (tag === undefined) return text
  const end = sql.indexOf(tag, at + tag.length)
  return sql.slice(at, end === -1 ? sql.length : end + tag.length)
}

function matchAt(sticky: RegExp, sql: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at
  return sticky.exec(sql)
}

/** The length of the block comment that begins at this position; 0 if there is none. Block comments nest. */
function blockCommentLength(sql: string, from: number): number {
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
