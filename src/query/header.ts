/** One line of a header after its description, continuation lines joined to it. */
export interface HeaderLine {
  readonly line: number
  readonly text: string
}

/** A query file taken apart: what it is about, its declarations, its SQL. */
export interface SplitFile {
  readonly about: string
  readonly declarations: readonly HeaderLine[]
  readonly sql: string
}

/**
 * Splits a query file. The header is the comment at its top: a description up to the first empty comment
 * line, then one declaration a line; a line indented by three spaces or more continues the one above.
 */
export function splitFile(text: string): SplitFile {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const firstOther = lines.findIndex((line) => !line.startsWith('--'))
  const headerLength = firstOther === -1 ? lines.length : firstOther
  const header = lines.slice(0, headerLength).map((line) => line.slice(2).trimEnd())
  const firstEmpty = header.indexOf('')
  const aboutLength = firstEmpty === -1 ? header.length : firstEmpty
  return {
    about: header
      .slice(0, aboutLength)
      .map((line) => line.trim())
      .join(' '),
    declarations: joinContinued(header, aboutLength),
    sql: lines.slice(headerLength).join('\n').trim().replace(/;$/, '').trimEnd()
  }
}

function joinContinued(header: readonly string[], from: number): readonly HeaderLine[] {
  const joined: HeaderLine[] = []
  for (const [index, raw] of header.entries()) {
    if (index < from || raw === '') continue
    const above = joined.at(-1)
    if (above !== undefined && raw.startsWith('   ')) {
      joined[joined.length - 1] = { line: above.line, text: `${above.text} ${raw.trim()}` }
    } else {
      joined.push({ line: index + 1, text: raw.trim() })
    }
  }
  return joined
}
