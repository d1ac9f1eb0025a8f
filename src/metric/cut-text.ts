import { createHash } from 'node:crypto'

/** A longer text is cut. Names of PostgreSQL have at most 63 bytes; texts in tables have no limit. */
const maxTextBytes = 1024

/** The maximum number of bytes of a UTF-16 unit in UTF-8. */
const bytesPerUnit = 3

/** The marker of a cut text: an ellipsis (three bytes) and this number of hexadecimal digits of its SHA-256. */
const hashDigits = 16

/**
 * Cuts a long text to at most 1 kB at the end of a character and appends a hash of the whole text, so that different texts
 * remain different.
 */
export function cutText(text: string): string {
  if (text.length * bytesPerUnit <= maxTextBytes) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= maxTextBytes) return text
  let end = maxTextBytes - 3 - hashDigits
  // The second and following bytes of a character begin with the bits 10.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, hashDigits)
  // Not a slice of the text, which would keep the whole text in memory.
  return `${bytes.toString('utf8', 0, end)}…${hash}`
}

/** The number of bytes that `cutText` removes. */
export function bytesCut(text: string): number {
  return Buffer.byteLength(text) - Buffer.byteLength(cutText(text))
}
