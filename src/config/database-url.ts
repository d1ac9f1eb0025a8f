import { isIP, isIPv6 } from 'node:net'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import type { FileError } from '../files/call-file-system.ts'
import { type Files, noFiles } from '../files/files.ts'
import { type Connection, isSocket } from '../server/server.ts'
import { homeFolder } from './home-folder.ts'
import { decode, type LibpqParameters, readParameters } from './libpq-parameters.ts'
import { readLibpqTls } from './libpq-tls.ts'

const pattern = /^[a-z0-9+_]+:\/\/(?:(?<userInfo>[^/?]*)@)?(?<hostPort>[^/?]*)(?:\/(?<database>[^?]*))?(?:\?(?<parameters>.*))?$/is

/** The context in which a URL is read. */
export interface UrlContext {
  /** The values of libpq's environment variables. */
  readonly variables?: LibpqParameters
  readonly environment?: NodeJS.ProcessEnv
  /** The files that the URL references; none exist by default. */
  readonly read?: Files
  /** Receives the files that the URL references. */
  readonly files?: Set<string>
}

/** Whether a text is a PostgreSQL URL, with or without a driver as in `postgresql+psycopg://`. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?(\+[a-z0-9_]+)?:\/\//i.test(url)
}

/**
 * Parses a connection URL as libpq does: its parameters replace its other parts, and both replace the environment
 * variables. Errors contain no part of the URL except known names and values.
 * Source: PostgreSQL's documentation, "Connection URIs" and "Parameter Key Words".
 */
export function parseDatabaseUrl(
  url: string,
  { variables = new Map(), environment = process.env, read = noFiles, files = new Set() }: UrlContext = {}
): Connection {
  const groups = pattern.exec(url)?.groups
  if (groups === undefined) throw new Error('invalid URL; expected postgresql://user:password@host:5432/database')
  const { userInfo: credential = '', hostPort = '', database = '' } = groups
  rejectMisplaced(groups)
  const parameters = readParameters(groups.parameters ?? '')
  const own = (parameter: string) => parameters.get(parameter)?.value || undefined
  const inherited = (parameter: string) => variables.get(parameter)?.value || undefined

  const [userText = '', ...passwordParts] = credential.split(':')
  const user = own('user') ?? (decode(userText) || (inherited('user') ?? operatingSystemUser()))
  const password = own('password') ?? (decode(passwordParts.join(':')) || undefined)
  const place = splitHost(hostPort)
  const host = own('host') ?? (place.host || (inherited('host') ?? own('hostaddr') ?? inherited('hostaddr') ?? 'localhost'))
  const address = own('hostaddr') ?? inherited('hostaddr')
  checkHost(host, address)
  const merged = new Map([...variables, ...parameters])
  // On a socket, libpq ignores TLS. Parameters of the URL are checked nevertheless.
  const ofTls = isSocket(host) ? parameters : merged
  const passfile = own('passfile')
  return {
    host,
    ...(address !== undefined && { address }),
    port: readPort(own('port') ?? (place.port || (inherited('port') ?? '5432'))),
    user,
    password: password ?? (passfile === undefined ? undefined : readPassfile(passfile, read, files)),
    database: own('dbname') ?? (decode(database) || (inherited('dbname') ?? user)),
    ...(merged.get('channel_binding')?.value === 'require' && { requiresChannelBinding: true }),
    tls: readLibpqTls(ofTls, homeFolder(environment), read, files)
  }
}

const encodingHint = 'in a password, encode / ? # @ : as %2F %3F %23 %40 %3A'

/**
 * Rejects URLs in which an unencoded character of a password may have ended the password: its rest would become the
 * host, the name of a database or a parameter.
 */
function rejectMisplaced({ userInfo, hostPort = '', database = '', parameters = '' }: Readonly<Record<string, string | undefined>>): void {
  if (database.includes('@') || (userInfo === undefined && !/(^|&)user=/.test(parameters) && parameters.includes('@'))) {
    throw new Error(`misplaced @; ${encodingHint}`)
  }
  if (`${hostPort}${database}`.includes('#')) throw new Error(`misplaced #; ${encodingHint}`)
}

/** Splits `host:port`; an IPv6 address is in brackets. */
function splitHost(text: string): { readonly host: string; readonly port: string } {
  if (text.includes(',')) throw new Error('several hosts are not supported; use one variable per server')
  const match = /^(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^:[\]]*))(?::(?<port>.*))?$/.exec(text)?.groups
  if (match === undefined) throw new Error(`invalid host; ${encodingHint}`)
  const host = decode(match.bracketed ?? match.plain ?? '')
  if (match.bracketed !== undefined && !isIPv6(host)) throw new Error('the host in brackets must be an IPv6 address')
  return { host, port: match.port ?? '' }
}

/** A host name, an IP address with an optional zone, or the directory of a socket. */
function checkHost(host: string, address: string | undefined): void {
  if (host.includes(',')) throw new Error('several hosts are not supported; use one variable per server')
  if (!host.startsWith('/') && isIP(host) === 0 && !/^[\p{L}\p{N}._-]+$/u.test(host)) throw new Error(`invalid host; ${encodingHint}`)
  if (address === undefined) return
  if (isIP(address) === 0) throw new Error('hostaddr: expected one IP address')
  if (isSocket(host)) throw new Error('hostaddr cannot be combined with the directory of a socket')
}

function readPort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65535) return port
  throw new Error(`the port must be a number from 1 to 65535; ${encodingHint}`)
}

function readPassfile(path: string, read: Files, files: Set<string>): { readonly pgpass: string } {
  const resolved = resolve(path)
  files.add(resolved)
  try {
    read.text(resolved)
  } catch (error) {
    const { isMissing, message } = error as FileError
    // Unlike in libpq, a missing file is an error. The error does not contain the path, which may be a misplaced password.
    throw new Error(`passfile: ${isMissing ? 'the file does not exist' : `cannot read the file: ${message}`}`)
  }
  return { pgpass: resolved }
}

function operatingSystemUser(): string {
  try {
    return userInfo().username
  } catch {
    throw new Error('no user; add one, as in postgresql://user:password@host:5432/database')
  }
}
