import { didYouMean } from './did-you-mean.ts'
import { driverParameters, type LibpqWord, libpqWords } from './libpq-words.ts'

/** The values of libpq's connection parameters, with the name of the parameter or variable that sets each. */
export type LibpqParameters = ReadonlyMap<string, { readonly name: string; readonly value: string }>

const byParameter = new Map(libpqWords.flatMap((word) => (word.parameter === undefined ? [] : [[word.parameter, word] as const])))
const byVariable = new Map(libpqWords.flatMap((word) => (word.variable === undefined ? [] : [[word.variable, word] as const])))

/**
 * Reads libpq's environment variables. Adds an error for every unsupported variable, invalid value and misspelt `PGSSL…`.
 * Errors contain the name of the variable, never its value.
 */
export function readVariables(environment: NodeJS.ProcessEnv, errors: string[]): LibpqParameters {
  const read = new Map<string, { readonly name: string; readonly value: string }>()
  for (const [name, value] of Object.entries(environment)) {
    const word = byVariable.get(name)
    if (word === undefined && /^PGSSL/.test(name)) {
      const hint = didYouMean(name, [...byVariable.keys()])
      if (hint !== '') errors.push(`${name}: unknown variable; ${hint}`.trim())
    }
    if (word === undefined || !value) continue
    const message = rejection(word, value)
    if (message !== undefined) errors.push(`${name}: ${message}`)
    else if (word.treatment === 'supported' && word.parameter !== undefined) read.set(word.parameter, { name, value })
  }
  return withoutAliases(read)
}

/**
 * Reads the parameters of a URL, percent-encoded and without the question mark. As in libpq, the last value of a
 * parameter applies. Errors contain neither values nor the names of unknown parameters: both may be a part of a password.
 * Source: PostgreSQL's documentation, "Connection URIs".
 */
export function readParameters(text: string): LibpqParameters {
  const read = new Map<string, { readonly name: string; readonly value: string }>()
  for (const [index, pair] of text.split('&').entries()) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = decode(at === -1 ? pair : pair.slice(0, at))
    const value = at === -1 ? '' : decode(pair.slice(at + 1))
    if (name === 'ssl') {
      read.set('sslmode', { name, value: readSsl(value) })
    } else if (name === 'sslaccept') {
      if (value !== 'accept_invalid_certs') throw new Error('sslaccept: not supported; use sslmode=verify-full and sslrootcert')
    } else if (!driverParameters.includes(name)) {
      const word = byParameter.get(name)
      if (word === undefined) throw new Error(unknownParameter(name, index + 1))
      if (at === -1) throw new Error(`${name}: expected ${name}=value`)
      const message = rejection(word, value)
      if (message !== undefined) throw new Error(`${name}: ${message}`)
      if (word.treatment !== 'supported') continue
      // In libpq these names set the same value, and the last one applies.
      if (name === 'requiressl') read.set('sslmode', { name, value: value === '1' ? 'require' : 'prefer' })
      else read.set(name, { name, value })
    }
  }
  return read
}

/** Decodes a part of a URL. Unlike in forms, a plus sign is not a space. */
export function decode(text: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(text)
  } catch {
    throw new Error('invalid percent-encoding; encode % as %25')
  }
  if (decoded.includes('\0')) throw new Error('%00 is not allowed')
  return decoded
}

/** The reason why a value is not accepted, without the value; undefined if it is. */
function rejection({ parameter, treatment, values, note }: LibpqWord, value: string): string | undefined {
  if (parameter === 'options' && isHarmless(value)) return undefined
  if (values?.includes(value) || (values === undefined && treatment !== 'unsupported')) return undefined
  if (treatment === 'unsupported') return values === undefined ? `not supported; ${note}` : `only ${anyOf(values)} is supported; ${note}`
  return `invalid value; ${didYouMean(value, values ?? [])}expected ${anyOf(values ?? [])}`
}

/**
 * Whether `options` contains only settings, which do not apply to pgvitals. `role` and `session_authorization` change the
 * role of the session, and other options may select a server behind a proxy.
 */
function isHarmless(options: string): boolean {
  const settings = options
    .trim()
    .replaceAll(/(^|\s)-c\s+/g, '$1-c')
    .split(/(?<!\\)\s+/)
  return settings.every((setting) => setting === '' || /^(-c|--)(?!(role|session_authorization)\b)[a-z][\w.-]*=/i.test(setting))
}

/** `ssl=true` of libpq and JDBC, and the modes that other drivers accept there. */
function readSsl(value: string): string {
  if (value === 'true') return 'require'
  const { values = [] } = byParameter.get('sslmode') ?? {}
  if (values.includes(value)) return value
  throw new Error(`ssl: invalid value; expected true or ${anyOf(values)}`)
}

function unknownParameter(name: string, number: number): string {
  const hint = didYouMean(name, [...byParameter.keys(), 'ssl'])
  return `parameter ${number} after the question mark is unknown; ${hint || 'remove it; valid parameters are those of libpq'}`.trim()
}

/** PGREQUIRESSL applies only without PGSSLMODE. */
function withoutAliases(read: LibpqParameters): LibpqParameters {
  const { value } = read.get('requiressl') ?? {}
  if (value !== '1' || read.has('sslmode')) return read
  return new Map([...read, ['sslmode', { name: 'PGREQUIRESSL', value: 'require' }]])
}

function anyOf(words: readonly string[]): string {
  return words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
