import { readFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import type { Connection } from '../server/server.ts'
import { type Tls, type TlsMode, tlsModes } from '../server/tls.ts'
import { isCertificate, pairMistake } from './certificate.ts'

const pattern = /^[a-z0-9+]+:\/\/(?:(?<userInfo>[^/?]*)@)?(?<hostPort>[^/?]*)(?:\/(?<database>[^?]*))?(?:\?(?<parameters>.*))?$/i

/** Tells PostgreSQL's URLs, with or without a driver as in `postgresql+psycopg://`, from those of other databases. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?(\+[a-z0-9_]+)?:\/\//i.test(url)
}

/**
 * Reads a connection URL as libpq does; parameters that only applications know are ignored.
 * Throws with what is wrong, never with a part of the URL that may be a secret. Adds to `files` those that it names.
 * Source: PostgreSQL's documentation, "Connection URIs" and "Parameter Key Words".
 */
export function parseDatabaseUrl(url: string, files: Set<string> = new Set()): Connection {
  const groups = pattern.exec(url)?.groups
  if (groups === undefined) throw new Error('is not of the form postgresql://user:password@host:5432/database')
  // In a URI a plus is a plus; only in forms is it a space.
  const parameters = new URLSearchParams((groups.parameters ?? '').replaceAll('+', '%2B'))
  // A / or ? in a password ends the host for the parser: the rest would be the database's name or a parameter.
  const rest = [groups.database, parameters.has('user') ? '' : groups.parameters].join('')
  if (groups.userInfo === undefined && rest.includes('@')) throw new Error(`has an @ that ends no user and password; ${encoded}`)
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
    throw new Error('has a % in its user, password, host or database that begins no percent-encoding; write %25 for a plain %')
  }
}

const encoded = 'in a password / ? # @ : are written %2F %3F %23 %40 %3A'

function parseHost(text: string): { host: string; port: string } {
  if (text.includes(',')) throw new Error('names several hosts; give each server a variable of its own')
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? []
  return { host: decode(bracketed ?? plain), port }
}

function parsePort(text: string): number {
  if (text === '') return 5432
  const port = /^\d+$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65535) return port
  throw new Error(`has no number from 1 to 65535 where its port stands; ${encoded}`)
}

/** Reads `sslmode` and its files; without a mode it is `prefer`, or `verify-full` with the system's certificates, as in libpq. */
function readTls(parameters: URLSearchParams, files: Set<string>): Tls {
  const isSystem = parameters.get('sslrootcert') === 'system'
  const word = parameters.get('sslmode') ?? parameters.get('ssl') ?? (isSystem ? 'verify-full' : 'prefer')
  const mode = word === 'true' ? 'require' : word
  if (!isTlsMode(mode)) throw new Error(`has sslmode=${word}; expected ${tlsModes.join(', ')}`)
  if (isSystem && mode !== 'verify-full') throw new Error(`has sslmode=${mode} with sslrootcert=system, which needs verify-full`)
  const ca = readAuthority(parameters.get('sslrootcert'), files)
  if (ca === undefined && mode.startsWith('verify')) {
    throw new Error(
      `has sslmode=${mode} without root certificates; add sslrootcert=/path/to/ca.pem, or sslrootcert=system for the public ones`
    )
  }
  const [cert, key] = ['sslcert', 'sslkey'].map((name) => readFile(name, parameters.get(name), files))
  if ((cert === undefined) !== (key === undefined)) throw new Error('has one of sslcert and sslkey; a client certificate needs both')
  const mistake = cert !== undefined && key !== undefined ? pairMistake(cert, key) : undefined
  if (mistake !== undefined) throw new Error(`has an sslcert and sslkey that are ${mistake}`)
  return { mode, ca, cert, key }
}

function isTlsMode(word: string): word is TlsMode {
  return (tlsModes as readonly string[]).includes(word)
}

/** The root certificates that are named, or else libpq's own file when it is there. */
function readAuthority(name: string | null, files: Set<string>): string | 'system' | undefined {
  if (name === 'system') return 'system'
  if (name !== null) {
    const ca = readFile('sslrootcert', name, files) ?? ''
    if (!isCertificate(ca)) throw new Error(`has sslrootcert=${name}, which holds no certificate (PEM)`)
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
    throw new Error(`has ${parameter}=${path}, which cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
