/** The values of the label `class` of `pgvitals_errors_total`. */
export const errorClasses = [
  'auth',
  'conflict',
  'encoding',
  'lock',
  'network',
  'no_database',
  'other',
  'prerequisite',
  'privilege',
  'read_only',
  'resources',
  'schema',
  'shutdown',
  'timeout',
  'tls',
  'too_many_connections',
  'unsupported'
] as const

export type ErrorClass = (typeof errorClasses)[number]

/** Error classes by SQLSTATE or its prefix; the longest match applies. Source: PostgreSQL's documentation, appendix "PostgreSQL Error Codes". */
const bySqlState: Readonly<Record<string, ErrorClass>> = {
  '08': 'network',
  '0A000': 'unsupported',
  '22021': 'encoding',
  '22P05': 'encoding',
  '25006': 'read_only',
  '28': 'auth',
  '3D000': 'no_database',
  '40': 'conflict',
  '42': 'schema',
  '42501': 'privilege',
  '53': 'resources',
  '53300': 'too_many_connections',
  '55000': 'prerequisite',
  '55P03': 'lock',
  '57014': 'timeout',
  '57P': 'shutdown'
}

const network = /^(ECONN|EHOST|ENET|EPIPE|EAI_|ENOTFOUND|ETIMEDOUT|EADDR|ENOENT|EACCES)/
const tls =
  /^(ERR_TLS|ERR_SSL|CERT_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|ERR_OSSL)/

/** An error that carries its class. */
export class ClassedError extends Error {
  readonly errorClass: ErrorClass

  constructor(errorClass: ErrorClass, message: string, options?: ErrorOptions) {
    super(message, options)
    this.errorClass = errorClass
  }
}

/** A rejected login after the server requested a password. */
export class LoginError extends ClassedError {}

/** The properties of an error that do not depend on the language of the server's messages. */
export interface ErrorOrigin {
  readonly sqlState: string
  /** The function of PostgreSQL that reported the error; undefined for errors of a pooler. */
  readonly routine: string | undefined
}

/** The origin of an error of PostgreSQL or a pooler; undefined for any other error. */
export function originOf(error: unknown): ErrorOrigin | undefined {
  const { code, routine, cause } = (error ?? {}) as { code?: unknown; routine?: unknown; cause?: unknown }
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) {
    return { sqlState: code, routine: typeof routine === 'string' ? routine : undefined }
  }
  return cause === undefined ? undefined : originOf(cause)
}

/** Classifies an error of PostgreSQL (by SQLSTATE), of the socket (by errno) or of pgvitals. */
export function classOf(error: unknown): ErrorClass {
  if (error instanceof ClassedError) return error.errorClass
  // A host with several addresses fails with one error per address.
  if (error instanceof AggregateError && error.errors.length > 0) return classOf(error.errors[0])
  const code = (error as { code?: unknown } | undefined)?.code
  if (typeof code !== 'string') return 'other'
  if (/^[0-9A-Z]{5}$/.test(code)) {
    for (const length of [5, 3, 2]) {
      const found = bySqlState[code.slice(0, length)]
      if (found !== undefined) return found
    }
  }
  if (network.test(code)) return 'network'
  return tls.test(code) ? 'tls' : 'other'
}

/** The maximum length of a message. A database can raise an error of any length, which would be contained in the log and in the status. */
const maxMessageBytes = 1024

/** The message of an error in one line, at most 1 kB long, with its code. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  const { code, message } = error as { code?: unknown; message?: unknown }
  const text = cut(String(message ?? error).replaceAll(/\s+/g, ' '))
  return typeof code === 'string' && !text.includes(code) ? `${text} (${code})` : text
}

/** Cuts a text at the end of a character. */
function cut(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxMessageBytes) return text
  let end = maxMessageBytes
  // The second and following bytes of a UTF-8 character begin with the bits 10.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return `${bytes.toString('utf8', 0, end)} …`
}
