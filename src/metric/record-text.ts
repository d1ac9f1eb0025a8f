/**
 * Splits the text of a row, such as `(app,"a ""b""",)`, into its fields. Null becomes `''`.
 * Source: PostgreSQL's documentation, "Composite Type Input and Output Syntax".
 */
export function unpackRecord(record: string): string[] {
  const inner = record.slice(1, -1)
  if (!inner.includes('"')) return inner.split(',')
  const fields: string[] = []
  const pattern = /(?:"((?:[^"\\]|""|\\.)*)"|([^,"]*))(?:,|$)/gsy
  while (pattern.lastIndex <= inner.length) {
    const [whole = '', quoted, plain = ''] = pattern.exec(inner) ?? []
    fields.push(quoted === undefined ? plain : quoted.replace(/""|\\(.)/gs, (pair, escaped) => escaped ?? pair[0]))
    if (!whole.endsWith(',') || pattern.lastIndex === 0) break
  }
  return fields
}

/** Whether any field of a row's text is null. */
export function hasNull(record: string): boolean {
  return record === '()' || record.startsWith('(,') || record.endsWith(',)') || record.includes(',,')
}
