import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'

/**
 * Columns with names of shared catalogs (databases, roles, tablespaces, subscriptions, replication slots), and `labels` of packed
 * statement rows. PostgreSQL stores these names in the encoding of the database in which they were created, without
 * recording it, and does not convert them in other databases.
 * Source: PostgreSQL's documentation, "Character Set Support".
 */
const sharedColumns: ReadonlySet<string> = new Set([
  'application_name',
  'database',
  'datname',
  'holder',
  'labels',
  'owner',
  'role',
  'rolname',
  'slot_name',
  'spcname',
  'subname',
  'tablespace',
  'usename',
  'user'
])

const nonAscii = /[\x80-\xff]/

/**
 * Decodes a value that PostgreSQL sent without conversion (`client_encoding = SQL_ASCII`). `bytes` has one character for
 * each byte, `encoding` is that of the database. Names of shared catalogs are decoded as UTF-8, so that their labels do not
 * depend on the database of the session; other texts are decoded from the encoding of the database, or as UTF-8 if that
 * fails. A byte that cannot be decoded becomes U+FFFD and its two hexadecimal digits, and U+FFFD itself is doubled, so that
 * different names remain different.
 */
export function decodeText(bytes: string, column: string, encoding: string): string {
  if (!nonAscii.test(bytes)) return bytes
  const raw = Buffer.from(bytes, 'latin1')
  const own = sharedColumns.has(column) ? undefined : decoderOf(encoding)(raw)
  return (own ?? decodeWith(utf8, raw))?.replaceAll(replacement, doubled) ?? escapeInvalid(raw)
}

/** Whether a name has bytes that could not be decoded. Such a name cannot be sent back to PostgreSQL. */
export function isUndecodable(name: string): boolean {
  return name.includes(replacement)
}

const replacement = '\ufffd'
const doubled = replacement.repeat(2)

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type Decode = (raw: Buffer) => string | undefined

const decoders = new Map<string, Decode>()

/** PostgreSQL has 42 encodings; a server that names other ones must not fill the memory. */
const mostDecoders = 100

function decoderOf(encoding: string): Decode {
  const known = decoders.get(encoding) ?? createDecoder(encoding)
  if (decoders.size < mostDecoders) decoders.set(encoding, known)
  return known
}

/** The encodings of PostgreSQL whose names at WHATWG do not follow a rule. LATIN5 to LATIN10 skip numbers of ISO 8859. */
const whatwg: Readonly<Record<string, string>> = {
  LATIN5: 'iso-8859-9',
  LATIN6: 'iso-8859-10',
  LATIN7: 'iso-8859-13',
  LATIN8: 'iso-8859-14',
  LATIN9: 'iso-8859-15',
  LATIN10: 'iso-8859-16',
  EUC_CN: 'gbk',
  EUC_JIS_2004: 'euc-jp',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  WIN866: 'ibm866'
}

/** 0x80 to 0x9f in WIN1252, which Node.js decodes as LATIN1. */
const win1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** A decoder that returns undefined for invalid bytes, and always for UTF8, SQL_ASCII and encodings that Node.js does not have. */
function createDecoder(encoding: string): Decode {
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return () => undefined
  if (encoding === 'LATIN1') return (raw) => raw.toString('latin1')
  if (encoding === 'WIN1252') {
    return (raw) => raw.toString('latin1').replaceAll(/[\x80-\x9f]/g, (one) => win1252[one.charCodeAt(0) - 0x80] ?? one)
  }
  const byRule = encoding
    .replace(/^LATIN(\d)$/, 'iso-8859-$1')
    .replace(/^WIN(\d+)$/, 'windows-$1')
    .replaceAll('_', '-')
  try {
    const decoder = new TextDecoder(whatwg[encoding] ?? byRule, { fatal: true })
    return (raw) => decodeWith(decoder, raw)
  } catch {
    return () => undefined
  }
}

function decodeWith(decoder: TextDecoder, raw: Buffer): string | undefined {
  try {
    return decoder.decode(raw)
  } catch {
    return undefined
  }
}

function escapeInvalid(raw: Buffer): string {
  let text = ''
  for (let at = 0; at < raw.length; ) {
    const first = raw[at] ?? 0
    const length = lengthOf(first)
    const isValid = length === 1 || (length > 1 && at + length <= raw.length && isUtf8(raw.subarray(at, at + length)))
    if (!isValid) text += `${replacement}${first.toString(16)}`
    else text += length === 1 ? String.fromCharCode(first) : raw.toString('utf8', at, at + length).replace(replacement, doubled)
    at += isValid ? length : 1
  }
  return text
}

/** The number of bytes of a UTF-8 character, by its first byte; 0 if no character begins with it. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
}
