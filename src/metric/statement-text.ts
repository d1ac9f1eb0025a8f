/** A string literal in any of PostgreSQL's spellings; one without its end runs to the end of the text. */
const literal =
  /\b[eE]'(?:[^'\\]|\\.|'')*(?:'|$)|(?:\b[uUbBxXnN]&?)?'(?:[^']|'')*(?:'|$)|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$(?!\d).*?(?:\$\1\$|$)/gs
const comment = /\/\*.*?(?:\*\/|$)|--[^\n]*/gs

/**
 * A statement for people and for a label: without comments, on one line, with '***' for every literal, cut to a
 * number of code points. pg_stat_statements keeps the literals of utility statements (`alter role … password
 * 'secret'`) and at times of others, so none is let through.
 * Source: PostgreSQL's documentation, "String Constants" and "pg_stat_statements".
 */
export function statementText(text: string, length: number): string {
  const line = strip(text).replace(/\s+/g, ' ').trim()
  const characters = [...line.slice(0, 2 * length + 2)]
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join('')}…`
}

/** Literals first: what looks like a comment in one is none, and the other way round, so both are found in one pass. */
function strip(text: string): string {
  const either = new RegExp(`${comment.source}|${literal.source}|"(?:[^"]|"")*"`, 'gs')
  return text.replace(either, (found) => {
    if (found.startsWith('"')) return found
    return found.startsWith('--') || found.startsWith('/*') ? ' ' : "'***'"
  })
}
