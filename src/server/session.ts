import type { Version } from '../query/version.ts'
import { readPassword } from './password.ts'
import { type Client, openClient } from './pg-client.ts'
import { PreparedStatements } from './prepared-statements.ts'
import type { Answer } from './received-answer.ts'
import { type Connection, isSocket } from './server.ts'
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

/** The server's `statement_timeout` until a query sets a different one. */
const defaultTimeoutSeconds = 5

/** The margin between the server's `statement_timeout` and the client's deadline, and the deadline for a SET. */
const graceSeconds = 2

/**
 * Opens a session. Attempts the connection methods of the TLS mode in order. Without `password`, reads the password of
 * the connection. Throws an error that `classOf` classifies.
 */
export async function openSession(connection: Connection, password?: Promise<string | undefined> | string | undefined): Promise<Session> {
  const attempts = isSocket(connection.host) ? [false as const] : tlsAttempts(connection.tls)
  const knownPassword = await (password ?? readPassword(connection))
  let failure: unknown
  for (const attempt of attempts) {
    try {
      return await setUp(await openClient(connection, knownPassword, attempt))
    } catch (error) {
      failure = error
      if (!mayTryNext(error)) break
    }
  }
  throw failure
}

async function setUp(client: Client): Promise<Session> {
  const { isOpen, close, certificateExpiry } = client
  try {
    const sql = 'select pg_catalog.pg_backend_pid()'
    const statement = { sql, parameters: [], maxRows: 1, deadlineSeconds: defaultTimeoutSeconds }
    // If the server refuses the function, the session is treated like that of a pooler, whose process ID differs.
    const rows = await client.query(statement).then(
      (answer) => answer.rows,
      (error: unknown) => {
        if (!client.isOpen()) throw error
        return []
      }
    )
    const isPooled = rows[0]?.[0] !== String(client.processId)
    const run = isPooled ? runInTransaction(client) : await runInSession(client)
    return { certificateExpiry, isPooled, isOpen, run, close }
  } catch (error) {
    await close()
    throw error
  }
}

type Run = Session['run']

/** Without a pooler: sets the settings once and runs statements in autocommit. */
async function runInSession(client: Client): Promise<Run> {
  await client.execute(sessionSettings(client.version, defaultTimeoutSeconds, 'set'), defaultTimeoutSeconds)
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
    const settings = sessionSettings(client.version, timeoutSeconds, 'set local')
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

/**
 * The settings of a session (`set`) or a transaction (`set local`), sent as one simple query in one round trip.
 * They override what an owner may have set with `alter database … set`: settings that change results
 * (extra_float_digits), drop privileges (role), refuse views (restrict_nonsystem_relation_kind) or end the session
 * (transaction_timeout, exit_on_error).
 */
function sessionSettings(version: Version, timeoutSeconds: number, set: 'set' | 'set local'): string {
  const [major = 0] = version
  return [
    "application_name = 'pgvitals'",
    // The server does not convert texts, because an invalid byte would fail the statement. `decodeText` decodes them.
    "client_encoding = 'SQL_ASCII'",
    'role none',
    `statement_timeout = '${timeoutSeconds}s'`,
    "lock_timeout = '1s'",
    "idle_in_transaction_session_timeout = '10s'",
    'default_transaction_read_only = on',
    "default_transaction_isolation = 'read committed'",
    'default_transaction_deferrable = off',
    'search_path = pg_catalog',
    // 10,000 rows of pg_stat_statements exceed the default of 4 MB and would spill to a temporary file at every poll.
    "work_mem = '16MB'",
    'jit = off',
    'max_parallel_workers_per_gather = 0',
    'extra_float_digits = 1',
    'quote_all_identifiers = off',
    'standard_conforming_strings = on',
    'exit_on_error = off',
    // An unknown setting would roll back all of them.
    ...(major >= 14 ? ['idle_session_timeout = 0'] : []),
    ...(major >= 17 ? ['transaction_timeout = 0'] : []),
    ...(hasRelationRestriction(version) ? ["restrict_nonsystem_relation_kind = ''"] : [])
  ]
    .map((setting) => `${set} ${setting}`)
    .join('; ')
}

/** The first minor version with restrict_nonsystem_relation_kind. Source: PostgreSQL's release notes, CVE-2024-7348. */
const restrictedSince: Readonly<Record<number, number>> = { 13: 16, 14: 13, 15: 8, 16: 4 }

function hasRelationRestriction([major = 0, minor = 0]: Version): boolean {
  return major >= 17 || minor >= (restrictedSince[major] ?? Number.POSITIVE_INFINITY)
}
