import { readFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import type { Connection } from '../server/server.ts'
import { type Tls, type TlsMode, tlsModes } from '../server/tls.ts'
import { isCertificate, keyPairError } from './certificate.ts'

const pattern = /^[a-z0-9+]+:\/\/(?:(?<userInfo>[^/?]*)@)?(?<hostPort>[^/?]*)(?:\/(?<database>[^?]*))?(?:\?(?<parameters>.*))?$/i

/** Whether a text is a PostgreSQL URL, with or without a driver as in `postgresql+psycopg://`. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?(\+[a-z0-9_]+)?:\/\//i.test(url)
}

/**
 * Parses a connection URL as libpq does. Parameters of application drivers are ignored. Adds the files that the
 * URL references to `files`. Error messages contain no part of the URL that may be a secret.
 * Source: PostgreSQL's documentation, "Connection URIs" and "Parameter Key Words".
 */
export function parseDatabaseUrl(url: string, files: Set<string> = new Set()): Connection {
  const groups = pattern.exec(url)?.groups
  if (groups === undefined) throw new Error('invalid URL; expected postgresql://user:password@host:5432/database')
  // URLSearchParams decodes a plus sign as a space, as in forms. In a connection URI it is a plus sign.
  const parameters = new URLSearchParams((groups.parameters ?? '').replaceAll('+', '%2B'))
  // An unencoded / or ? in a password ends the host; the rest would become the database name or a parameter.
  const rest = [groups.database, parameters.has('user') ? '' : groups.parameters].join('')
  if (groups.userInfo === undefined && rest.includes('@')) throw new Error(`misplaced @; ${encodingHint}`)
  const [userText = '', ...passwordParts] = (groups.userInfo ?? '').split(':')
  const user = parameters.get('user') || decode(userText) || userInfo().username
  const password = parameters.get('password') || decode(passwordParts.join(':')) || undefined
  const { host, port } = parseHost(groups.hostPort ?? '')
  const database = parameters.get('dbname') || decode(groups.database ?? '') || user
  return {
    host: parameters.get('host') || host || 'localhost',
    port: parsePort(parameters.get('port') ?? port),
    user,
    password,
    database,
    tls: readTls(parameters, files)
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('invalid percent-encoding in the user, password, host or database; encode % as %25')
  }
}

const encodingHint = 'in a password, encode / ? # @ : as %2F %3F %23 %40 %3A'

function parseHost(text: string): { host: string; port: string } {
  if (text.includes(',')) throw new Error('several hosts are not supported; use one variable per server')
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? []
  return { host: decode(bracketed ?? plain), port }
}

function parsePort(text: string): number {
  if (text === '') return 5432
  const port = /^\d+$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65535) return port
  throw new Error(`the port must be a number from 1 to 65535; ${encodingHint}`)
}

/** Reads `sslmode` and its files. As in libpq the default mode is `prefer`, or `verify-full` with `sslrootcert=system`. */
function readTls(parameters: URLSearchParams, files: Set<string>): Tls {
  const isSystem = parameters.get('sslrootcert') === 'system'
  const word = parameters.get('sslmode') ?? parameters.get('ssl') ?? (isSystem ? 'verify-full' : 'prefer')
  const mode = word === 'true' ? 'require' : word
  if (!isTlsMode(mode)) throw new Error(`invalid sslmode=${word}; expected one of ${tlsModes.join(', ')}`)
  if (isSystem && mode !== 'verify-full') throw new Error(`sslrootcert=system requires sslmode=verify-full, not ${mode}`)
  const ca = readAuthority(parameters.get('sslrootcert'), files)
  if (ca === undefined && mode.startsWith('verify')) {
    throw new Error(
      `sslmode=${mode} requires root certificates; add sslrootcert=/path/to/ca.pem, or sslrootcert=system for the public authorities`
    )
  }
  const [cert, key] = ['sslcert', 'sslkey'].map((name) => readFile(name, parameters.get(name), files))
  if ((cert === undefined) !== (key === undefined)) throw new Error('a client certificate requires both sslcert and sslkey')
  const pairError = cert !== undefined && key !== undefined ? keyPairError(cert, key) : undefined
  if (pairError !== undefined) throw new Error(`sslcert and sslkey are ${pairError}`)
  return { mode, ca, cert, key }
}

function isTlsMode(word: string): word is TlsMode {
  return (tlsModes as readonly string[]).includes(word)
}

/** The configured root certificates, or libpq's default file if it exists. */
function readAuthority(name: string | null, files: Set<string>): string | 'system' | undefined {
  if (name === 'system') return 'system'
  if (name !== null) {
    const ca = readFile('sslrootcert', name, files) ?? ''
    if (!isCertificate(ca)) throw new Error(`sslrootcert=${name}: the file contains no certificate (PEM)`)
    return ca
  }
  try {
    return readFileSync(join(homedir(), '.postgresql', 'root.crt'), 'utf8')
  } catch {
    return undefined
  }
}

function readFile(parameter: string, path: string | null, files: Set<string>): string | undefined {
  if (path === null) return undefined
  files.add(resolve(path))
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`${parameter}=${path}: cannot read the file: ${(error as Error).message}`, { cause: error })
  }
}
