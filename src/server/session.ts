import pg from 'pg'
import { parseVersion } from '../query/version.ts'
import { ClassedError, classOf } from './error-class.ts'
import { type Connection, isSocket } from './server.ts'
import { defaultTimeoutSeconds, sessionSettings } from './session-settings.ts'
import { mayTryNext, type TlsAttempt, tlsAttempts } from './tls.ts'

/** What a statement answers: the columns' names and rows of PostgreSQL's own text, null for null. */
export interface Answer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** Rows beyond the limit, which were read and thrown away. */
  readonly cutRows: number
}

export interface RunOptions {
  readonly timeoutSeconds: number
  readonly maxRows: number
}

/** One connection to one database with one credential, set up as DESIGN, "The session", says. */
export interface Session {
  /** Milliseconds of `performance.now()`. */
  readonly openedAt: number
  readonly isOpen: () => boolean
  /** Runs one statement outside a transaction. Never hangs: beyond the server's own timeout the socket is destroyed. */
  readonly run: (sql: string, options: RunOptions) => Promise<Answer>
  readonly close: () => Promise<void>
}

const connectTimeoutSeconds = 5
/** How far our own deadline lies above the server's `statement_timeout`. */
const graceSeconds = 2

/** Opens a session, trying the ways that the TLS mode allows one after the other. */
export async function openSession(connection: Connection): Promise<Session> {
  const attempts = isSocket(connection.host) ? [false as const] : tlsAttempts(connection.tls)
  let failure: unknown
  for (const attempt of attempts) {
    try {
      return await openOnce(connection, attempt)
    } catch (error) {
      failure = error
      if (!mayTryNext(error)) break
    }
  }
  throw failure
}

async function openOnce(connection: Connection, tls: TlsAttempt): Promise<Session> {
  const { host, port, user, password, database } = connection
  const client = new pg.Client({
    host,
    port,
    user,
    password,
    database,
    ssl: tls,
    keepAlive: true,
    connectionTimeoutMillis: connectTimeoutSeconds * 1000
  })
  let open = true
  let version = ''
  const ended = new Promise<void>((resolve) => {
    client.once('end', () => {
      open = false
      resolve()
    })
  })
  // Without a listener an idle session's loss would end the process; `open` tells the next visit.
  client.on('error', () => {
    open = false
  })
  client.connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
    if (message.parameterName === 'server_version') version = message.parameterValue
  })
  const close = async () => {
    open = false
    client.end().catch(() => {})
    await Promise.race([ended, afterSeconds(1)])
  }
  try {
    await client.connect()
    await withDeadline(client.query(sessionSettings(parseVersion(version)[0] ?? 0)), connectTimeoutSeconds, close)
  } catch (error) {
    await close()
    throw asConnectError(error)
  }

  let timeoutSeconds = defaultTimeoutSeconds
  const limitTo = async (seconds: number) => {
    if (seconds === timeoutSeconds) return
    await withDeadline(client.query(`set statement_timeout = '${seconds}s'`), graceSeconds, close)
    timeoutSeconds = seconds
  }
  const run = async (sql: string, options: RunOptions): Promise<Answer> => {
    const ask = () => withDeadline(read(client, sql, options.maxRows), options.timeoutSeconds + graceSeconds, close)
    try {
      await limitTo(options.timeoutSeconds)
      return await ask()
    } catch (error) {
      if (classOf(error) !== 'encoding') throw open ? error : asLost(error)
      return await askForBytes(client, ask)
    }
  }
  return { openedAt: performance.now(), isOpen: () => open, run, close }
}

/** The extended protocol takes one statement only, so that a file cannot smuggle in a second one. */
function read(client: pg.Client, sql: string, maxRows: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const rows: (string | null)[][] = []
    let cutRows = 0
    const text = { getTypeParser: () => (value: string) => value }
    const config = { text: sql, rowMode: 'array', types: text, queryMode: 'extended' }
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

/**
 * In a SQL_ASCII database one invalid byte fails the whole answer with 22021. Asked for as raw bytes, it
 * comes, and the byte alone is lost (U+FFFD).
 */
async function askForBytes(client: pg.Client, ask: () => Promise<Answer>): Promise<Answer> {
  await client.query("set client_encoding = 'SQL_ASCII'")
  try {
    return await ask()
  } finally {
    await client.query("set client_encoding = 'UTF8'").catch(() => {})
  }
}

async function withDeadline<Result>(work: Promise<Result>, seconds: number, destroy: () => Promise<void>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ClassedError('timeout', `no answer within ${seconds} s; the connection was cut`))
      void destroy()
    }, seconds * 1000)
  })
  work.catch(() => {})
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

function afterSeconds(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000).unref())
}

function asLost(error: unknown): unknown {
  return classOf(error) === 'other'
    ? new ClassedError('network', `the connection was lost: ${(error as Error).message}`, { cause: error })
    : error
}

/** pg gives no code to its own failures of connecting. */
function asConnectError(error: unknown): unknown {
  const message = error instanceof Error ? error.message : ''
  if (/does not support SSL/.test(message)) return new ClassedError('tls', 'the server does not speak TLS', { cause: error })
  if (/timeout expired|terminated/.test(message)) return new ClassedError('network', `no connection: ${message}`, { cause: error })
  return error
}
