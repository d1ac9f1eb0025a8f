import { isIP } from 'node:net'
import { TLSSocket } from 'node:tls'
import pg from 'pg'
import { parseVersion, type Version } from '../query/version.ts'
import { ByteConnection } from './byte-connection.ts'
import { ClassedError, classOf, LoginError, messageOf } from './error-class.ts'
import { Exchange, SimpleExchange, type Statement } from './exchange.ts'
import type { Answer } from './received-answer.ts'
import type { Connection } from './server.ts'
import type { TlsAttempt } from './tls.ts'

/** A client connection on which every exchange has a deadline. When a deadline passes, the socket is destroyed. */
export interface Client {
  /** The version that the server reports at startup. */
  readonly version: Version
  /** The backend process ID that was reported at startup. A pooler reports a generated number. */
  readonly processId: number
  /** The expiry time of the server certificate, as a Unix timestamp; undefined without TLS. */
  readonly certificateExpiry: number | undefined
  readonly isOpen: () => boolean
  /** Executes statements in one round trip and discards their results. */
  readonly execute: (statements: string, deadlineSeconds: number) => Promise<void>
  /** Runs one statement and returns its result. */
  readonly query: (statement: Statement) => Promise<Answer>
  readonly close: () => Promise<void>
}

const connectTimeoutSeconds = 5

/** A server chooses the number of iterations (`scram_iterations`, by default 4096). A million takes half a second. */
const maxScramIterations = 1_000_000

/** Opens a connection with one connection method. `options` is the startup parameter of that name. */
export async function openClient(
  connection: Connection,
  knownPassword: string | undefined,
  tls: TlsAttempt,
  options?: string | undefined
): Promise<Client> {
  const { host, address, port, user, database } = connection
  let isPasswordRequested = false
  const login = { mechanisms: [] as readonly string[] }
  // pg calls this function when the server requests a password. With a plain undefined, pg would look for a password itself.
  const password = () => {
    isPasswordRequested = true
    requireChannelBinding(connection, login)
    return knownPassword ?? throwNoPassword(connection)
  }
  const connectionTimeoutMillis = connectTimeoutSeconds * 1000
  // pg sends the host name itself, unless it connects to an address.
  const ssl = tls && { ...tls, ...(address !== undefined && isIP(host) === 0 && { servername: host }) }
  const sslnegotiation = tls && connection.tls.isDirect ? 'direct' : 'postgres'
  const client = new pg.Client({
    host: address ?? host,
    port,
    user,
    password,
    database,
    ssl,
    connectionTimeoutMillis,
    enableChannelBinding: connection.requiresChannelBinding === true,
    ...{ scramMaxIterations: maxScramIterations },
    ...ownParameters,
    sslnegotiation,
    ...{ connection: new ByteConnection({ ssl, keepAlive: true, ...{ sslNegotiation: sslnegotiation } }) }
  })
  withoutEnvironment(client, options)
  let open = true
  let loss: unknown
  let version: Version = []
  let processId = 0
  const ended = new Promise<void>((resolve) => client.once('end', resolve)).then(() => {
    open = false
  })
  // Without this listener, losing an idle connection would end the process. The next exchange reports the loss. After an
  // unexpected message, the server may not close the socket itself.
  client.on('error', (error) => {
    open = false
    loss = error
    client.connection.stream.destroy()
  })
  client.connection.on('parameterStatus', ({ parameterName, parameterValue }: { parameterName: string; parameterValue: string }) => {
    if (parameterName === 'server_version') version = parseVersion(parameterValue)
  })
  client.connection.on('backendKeyData', (message: { processID: number }) => {
    processId = message.processID
  })
  client.connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) => {
    login.mechanisms = mechanisms
  })
  const close = async () => {
    open = false
    // While a statement runs, pg destroys the socket; otherwise it sends Terminate.
    client.end().catch(() => {})
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1000).unref())])
    // The server may have ignored Terminate.
    client.connection.stream.destroy()
  }
  const within = async <Result>(seconds: number, exchange: Promise<Result>): Promise<Result> => {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new ClassedError('timeout', `the server did not respond within ${seconds} s; the connection was closed`))
        void close()
      }, seconds * 1000)
    })
    try {
      return await Promise.race([exchange, deadline])
    } catch (error) {
      if (open || classOf(error) !== 'other') throw error
      // An idle connection is lost with an error that the next exchange does not receive.
      const cause = loss ?? error
      throw new ClassedError('network', `the connection was lost: ${messageOf(cause)}`, { cause })
    } finally {
      clearTimeout(timer)
    }
  }
  try {
    await client.connect()
    requireChannelBinding(connection, login)
  } catch (error) {
    await close()
    throw isPasswordRequested && classOf(error) === 'auth' ? passwordRefused(error) : classifyConnectError(error)
  }
  return {
    version,
    processId,
    certificateExpiry: expiryOf(client.connection.stream),
    isOpen: () => open,
    execute: (statements, deadlineSeconds) => {
      const done = new Promise<void>((resolve, reject) => void client.query(new SimpleExchange(statements, { resolve, reject })))
      return within(deadlineSeconds, done)
    },
    query: (statement) => {
      const answer = new Promise<Answer>((resolve, reject) => void client.query(new Exchange(statement, { resolve, reject })))
      return within(statement.deadlineSeconds, answer)
    },
    close
  }
}

/** Parameters that pg would otherwise read from the environment of the process. */
const ownParameters = { client_encoding: 'UTF8' }

/**
 * Sets `options` and removes the values that pg has read from PGAPPNAME, PGOPTIONS and PGREPLICATION, because only
 * src/config reads the environment. The session sets application_name; as a startup parameter, PgBouncer would keep it for other clients.
 */
function withoutEnvironment(client: object, options: string | undefined): void {
  type Parameters = Partial<Record<'application_name' | 'fallback_application_name' | 'options' | 'replication', unknown>>
  const { connectionParameters } = client as { readonly connectionParameters: Parameters }
  for (const name of ['application_name', 'fallback_application_name', 'replication'] as const) connectionParameters[name] = undefined
  connectionParameters.options = options
}

/** Throws if channel binding is required and the login does not use it, before the password is used. */
function requireChannelBinding(
  { requiresChannelBinding, user }: Connection,
  { mechanisms }: { readonly mechanisms: readonly string[] }
): void {
  if (!requiresChannelBinding || mechanisms.includes('SCRAM-SHA-256-PLUS')) return
  throw new ClassedError('auth', `channel_binding=require: the login of role ${user} does not use SCRAM-SHA-256-PLUS`)
}

function throwNoPassword({ user, database, password }: Connection): never {
  const isFile = typeof password === 'object' && 'pgpass' in password
  const pgpass = isFile ? ', and the password file (PGPASSFILE or ~/.pgpass, mode 0600) has no matching line' : ''
  throw new ClassedError('auth', `the server requests a password for role ${user} in database ${database}; none is configured${pgpass}`)
}

function expiryOf(stream: unknown): number | undefined {
  const validTo = stream instanceof TLSSocket ? Date.parse(stream.getPeerCertificate().valid_to) : Number.NaN
  return Number.isNaN(validTo) ? undefined : validTo / 1000
}

/**
 * Classifies a rejected login after a password was requested. Its SQLSTATE depends on the authentication method and is
 * dropped.
 */
function passwordRefused(error: unknown): LoginError {
  return new LoginError('auth', messageOf(error), { cause: error })
}

/**
 * Connection errors of pg have no code, and all errors of PgBouncer have the same code. Neither translates its messages.
 * Messages of PostgreSQL, whose errors have a routine, are not evaluated.
 */
function classifyConnectError(error: unknown): unknown {
  const { message = '', code, routine } = error as { message?: string; code?: string; routine?: string }
  const options = { cause: error }
  if (routine !== undefined) return error
  if (code === '08P01') return /authentication|password|no such user/i.test(message) ? new ClassedError('auth', message, options) : error
  if (/^SASL: .*(mechanism|client password)/.test(message)) return new ClassedError('auth', `cannot log in: ${message}`, options)
  // pg's state is incomplete if the server sends a challenge too early.
  if (message.startsWith('SASL: ') || error instanceof TypeError)
    return new ClassedError('network', `the server sent an invalid login: ${message}`, options)
  if (/error establishing an SSL/.test(message))
    return new ClassedError('tls', 'the server failed to start TLS, or is not a PostgreSQL server', options)
  if (/does not support SSL/.test(message)) return new ClassedError('tls', 'the server does not support TLS', options)
  if (/timeout expired|terminated/.test(message)) return new ClassedError('network', `cannot connect: ${message}`, options)
  return error
}
