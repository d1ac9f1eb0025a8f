import { TLSSocket } from 'node:tls'
import pg from 'pg'
import { parseVersion } from '../query/version.ts'
import { ClassedError, classOf, messageOf } from './error-class.ts'
import type { Connection } from './server.ts'
import type { TlsAttempt } from './tls.ts'

/** What a statement answers: the columns' names and rows of PostgreSQL's own text, null for null. */
export interface Answer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** Rows beyond the limit, which were read and thrown away. */
  readonly cutRows: number
}

/** A socket to a server on which every exchange has a deadline; when it passes, the socket is destroyed. */
export interface Wire {
  /** The major version that the server tells at the start. */
  readonly major: number
  /** The process that answers, as the start told; a pooler tells a number of its own. */
  readonly processId: number
  /** When the server's certificate expires, in seconds since 1970; undefined without TLS. */
  readonly certificateExpiry: number | undefined
  readonly isOpen: () => boolean
  /** Sends statements whose answers do not matter, in one round trip. */
  readonly say: (statements: string, deadlineSeconds: number) => Promise<void>
  /** Asks one statement. */
  readonly ask: (statement: string, maxRows: number, deadlineSeconds: number) => Promise<Answer>
  readonly close: () => Promise<void>
}

const connectTimeoutSeconds = 5

/** Connects once, with TLS or without. */
export async function openWire(connection: Connection, found: string | undefined, tls: TlsAttempt): Promise<Wire> {
  const { host, port, user, database } = connection
  let isAsked = false
  // A function, since otherwise pg looks for a password of its own. It is called when the server asks for one.
  const password = () => {
    isAsked = true
    return found ?? noPassword(connection)
  }
  const connectionTimeoutMillis = connectTimeoutSeconds * 1000
  const client = new pg.Client({ host, port, user, password, database, ssl: tls, keepAlive: true, connectionTimeoutMillis })
  let open = true
  let major = 0
  let processId = 0
  const ended = new Promise<void>((resolve) => client.once('end', resolve)).then(() => {
    open = false
  })
  // Without a listener an idle connection's loss would end the process; the next exchange tells.
  client.on('error', () => {
    open = false
  })
  client.connection.on('parameterStatus', ({ parameterName, parameterValue }: { parameterName: string; parameterValue: string }) => {
    if (parameterName === 'server_version') major = parseVersion(parameterValue)[0] ?? 0
  })
  client.connection.on('backendKeyData', (message: { processID: number }) => {
    processId = message.processID
  })
  const close = async () => {
    open = false
    // With a statement under way pg destroys the socket, otherwise it says good-bye.
    client.end().catch(() => {})
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1000).unref())])
  }
  const within = async <Result>(work: Promise<Result>, seconds: number): Promise<Result> => {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new ClassedError('timeout', `no answer within ${seconds} s; the connection was cut`))
        void close()
      }, seconds * 1000)
    })
    try {
      return await Promise.race([work, deadline])
    } catch (error) {
      throw open || classOf(error) !== 'other'
        ? error
        : new ClassedError('network', `the connection was lost: ${(error as Error).message}`, { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }
  try {
    await client.connect()
  } catch (error) {
    await close()
    throw isAsked && classOf(error) === 'auth' ? refusalOf(error) : asConnectError(error)
  }
  return {
    major,
    processId,
    certificateExpiry: expiryOf(client.connection.stream),
    isOpen: () => open,
    say: async (statements, seconds) => void (await within(client.query(statements), seconds)),
    ask: (statement, maxRows, seconds) => within(read(client, statement, maxRows), seconds),
    close
  }
}

function noPassword({ user, database, password }: Connection): never {
  const about = typeof password === 'object' && 'pgpass' in password ? `, and ${password.pgpass} (mode 600) has no line for it` : ''
  throw new ClassedError('auth', `the server asks for a password of ${user} for ${database}; none is configured${about}`)
}

function expiryOf(stream: unknown): number | undefined {
  const validTo = stream instanceof TLSSocket ? Date.parse(stream.getPeerCertificate().valid_to) : Number.NaN
  return Number.isNaN(validTo) ? undefined : validTo / 1000
}

/** The extended protocol takes one statement only, so that a file cannot smuggle in a second one. */
function read(client: pg.Client, statement: string, maxRows: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const rows: (string | null)[][] = []
    let cutRows = 0
    const text = { getTypeParser: () => (value: string) => value }
    const config = { text: statement, rowMode: 'array', types: text, queryMode: 'extended' }
    const query = new pg.Query<(string | null)[]>(config)
    query.on('row', (row) => {
      if (rows.length < maxRows) rows.push(row)
      else cutRows++
    })
    query.on('error', reject)
    query.on('end', (result) => resolve({ columns: result.fields.map((field) => field.name), rows, cutRows }))
    client.query(query)
  })
}

/** Once a password was asked for, a refusal is one of the credential, whatever SQLSTATE the method has for it. */
function refusalOf(error: unknown): ClassedError {
  return new ClassedError('auth', messageOf(error), { cause: error })
}

/** pg gives no code to its own failures of connecting, and PgBouncer the same one to all of its own. */
function asConnectError(error: unknown): unknown {
  const { message = '', code } = error as { message?: string; code?: string }
  const options = { cause: error }
  if (/error establishing an SSL/.test(message)) return new ClassedError('tls', 'the server fails to begin with TLS', options)
  if (/does not support SSL/.test(message)) return new ClassedError('tls', 'the server does not speak TLS', options)
  if (/timeout expired|terminated/.test(message)) return new ClassedError('network', `no connection: ${message}`, options)
  if (code === '08P01' && /authentication|password|no such user/i.test(message)) return new ClassedError('auth', message, options)
  return error
}
