import { ClassedError, classOf } from './error-class.ts'
import { readPassword } from './password.ts'
import { type Client, openClient } from './pg-client.ts'
import { PreparedStatements } from './prepared-statements.ts'
import type { Answer } from './received-answer.ts'
import { refusalClasses } from './refusals.ts'
import { type Connection, isSocket } from './server.ts'
import { defaultTimeoutSeconds, settingCommands } from './session-settings.ts'
import { StartupOptions } from './startup-options.ts'
import { mayTryNext, tlsAttempts } from './tls.ts'

export interface RunOptions {
  /** The server's `statement_timeout`. The client's own deadline is two seconds longer. */
  readonly timeoutSeconds: number
  /** Rows beyond this number are discarded and counted. */
  readonly maxRows: number
  /** The values of `$1`, `$2` …, in PostgreSQL's text format. */
  readonly parameters?: readonly (string | null)[] | undefined
}

/** One connection to one database with one credential, with pgvitals' session settings. */
export interface Session {
  /** The expiry time of the server certificate, as a Unix timestamp; undefined without TLS. */
  readonly certificateExpiry: number | undefined
  /** Whether the session goes through a pooler, which may switch to another server at any time. */
  readonly isPooled: boolean
  readonly isOpen: () => boolean
  /** Runs one statement in its own transaction. After the client's deadline the socket is destroyed. */
  readonly run: (sql: string, options: RunOptions) => Promise<Answer>
  readonly close: () => Promise<void>
}

/** The margin between the server's `statement_timeout` and the client's deadline, and the deadline for a SET. */
const graceSeconds = 2

/** The attempts to open a session, for example without startup options, with all of them, and with those that are needed. */
const mostAttempts = 3

/**
 * Opens a session. Attempts the connection methods of the TLS mode in order. Without `password`, reads the password of
 * the connection. If settings of the database or role may have prevented the session, connects again with startup options,
 * which `startup` remembers for the next session. Throws an error that `classOf` classifies.
 */
export async function openSession(
  connection: Connection,
  password?: Promise<string | undefined> | string | undefined,
  startup: StartupOptions = new StartupOptions()
): Promise<Session> {
  const knownPassword = await (password ?? readPassword(connection))
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    try {
      const session = await attemptSession(connection, knownPassword, startup)
      if (session !== undefined) return session
    } catch (error) {
      const failure = startup.failed(error)
      if (failure !== undefined) throw failure
    }
  }
  throw new ClassedError('other', 'the settings of the database or role changed during each attempt to connect')
}

async function attemptSession(connection: Connection, password: string | undefined, startup: StartupOptions): Promise<Session | undefined> {
  const attempts = isSocket(connection.host) ? [false as const] : tlsAttempts(connection.tls)
  let failure: unknown
  for (const attempt of attempts) {
    try {
      return await setUp(await openClient(connection, password, attempt, startup.start()), startup)
    } catch (error) {
      failure = error
      if (!mayTryNext(error)) break
    }
  }
  throw failure
}

/** Returns undefined if the session must not be used, because its startup options hide values of the server. */
async function setUp(client: Client, startup: StartupOptions): Promise<Session | undefined> {
  const { isOpen, close, certificateExpiry } = client
  startup.loggedIn(client.version)
  try {
    const sql = 'select pg_catalog.pg_backend_pid()'
    const statement = { sql, parameters: [], maxRows: 1, deadlineSeconds: defaultTimeoutSeconds }
    // If the server refuses the function, the session is treated like that of a pooler, whose process ID differs.
    const rows = await client.query(statement).then(
      (answer) => answer.rows,
      (error: unknown) => {
        if (!refusalClasses.has(classOf(error))) throw error
        return []
      }
    )
    const isPooled = rows[0]?.[0] !== String(client.processId)
    const run = isPooled ? runInTransaction(client) : await runInSession(client)
    const isUsable = await startup.succeeded((planted) => run(planted, { timeoutSeconds: defaultTimeoutSeconds, maxRows: 1000 }))
    if (isUsable) return { certificateExpiry, isPooled, isOpen, run, close }
  } catch (error) {
    await close()
    throw error
  }
  await close()
  return undefined
}

type Run = Session['run']

/** Without a pooler: sets the settings once and runs statements in autocommit. */
async function runInSession(client: Client): Promise<Run> {
  await client.execute(settingCommands('set', client.version, defaultTimeoutSeconds), defaultTimeoutSeconds)
  const statements = new PreparedStatements(client)
  let currentTimeout = defaultTimeoutSeconds
  return async (sql, { timeoutSeconds, maxRows, parameters = [] }) => {
    // An error undoes the setting.
    const before = timeoutSeconds === currentTimeout ? undefined : `set statement_timeout = '${timeoutSeconds}s'`
    const answer = await statements.run({ sql, parameters, maxRows, before, deadlineSeconds: timeoutSeconds + graceSeconds })
    currentTimeout = timeoutSeconds
    return answer
  }
}

/**
 * Behind a pooler: session settings would remain on a server connection that an application uses later. The settings
 * are therefore local to a transaction with one statement.
 */
function runInTransaction(client: Client): Run {
  return async (sql, { timeoutSeconds, maxRows, parameters = [] }) => {
    const settings = settingCommands('set local', client.version, timeoutSeconds)
    try {
      const begin = 'begin transaction isolation level read committed read only not deferrable'
      await client.execute(`${begin}; ${settings}`, graceSeconds)
      return await client.query({ sql, parameters, maxRows, deadlineSeconds: timeoutSeconds + graceSeconds })
    } finally {
      // The transaction is read-only, so rolling back is always correct.
      if (client.isOpen()) await client.execute('rollback', graceSeconds).catch(() => client.close())
    }
  }
}
