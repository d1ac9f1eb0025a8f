import { classOf } from './error-class.ts'
import { readPassword } from './password.ts'
import { type Connection, isSocket } from './server.ts'
import { defaultTimeoutSeconds, sessionSettings } from './session-settings.ts'
import { type Answer, openWire, type Wire } from './session-wire.ts'
import { mayTryNext, tlsAttempts } from './tls.ts'

export interface RunOptions {
  readonly timeoutSeconds: number
  /** Rows beyond this are cut, and counted. */
  readonly maxRows: number
}

/** One connection to one database with one credential, set up as DESIGN, "The session", says. */
export interface Session {
  /** Milliseconds of `performance.now()`. */
  readonly openedAt: number
  /** When the server's certificate expires, in seconds since 1970; undefined without TLS. */
  readonly certificateExpiry: number | undefined
  /** Whether a pooler stands between, which may lead to another server at any time. */
  readonly isPooled: boolean
  readonly isOpen: () => boolean
  /** Runs one statement in a transaction of its own. Never hangs: beyond the server's own timeout the socket is destroyed. */
  readonly run: (sql: string, options: RunOptions) => Promise<Answer>
  readonly close: () => Promise<void>
}

/** How far our own deadline lies above the server's `statement_timeout`, and how long a setting may take. */
const graceSeconds = 2

/** Opens a session with the password of this moment or the one that is given, trying the ways that the TLS mode allows one after the other. */
export async function openSession(connection: Connection, known = readPassword(connection)): Promise<Session> {
  const attempts = isSocket(connection.host) ? [false as const] : tlsAttempts(connection.tls)
  const password = await known
  let failure: unknown
  for (const attempt of attempts) {
    try {
      return await setUp(await openWire(connection, password, attempt))
    } catch (error) {
      failure = error
      if (!mayTryNext(error)) break
    }
  }
  throw failure
}

async function setUp(wire: Wire): Promise<Session> {
  const { isOpen, close, certificateExpiry } = wire
  try {
    const { rows } = await wire.ask('select pg_catalog.pg_backend_pid()', 1, defaultTimeoutSeconds)
    const isPooled = rows[0]?.[0] !== String(wire.processId)
    const runAs = isPooled ? inTransactions(wire) : await inOwnSession(wire)
    const run = async (sql: string, options: RunOptions): Promise<Answer> => {
      try {
        return await runAs(sql, options, 'UTF8')
      } catch (error) {
        // In a SQL_ASCII database one invalid byte fails the whole answer with 22021. Asked for as raw bytes,
        // it comes, and the byte alone is lost (U+FFFD).
        if (classOf(error) === 'encoding') return await runAs(sql, options, 'SQL_ASCII')
        throw error
      }
    }
    return { openedAt: performance.now(), certificateExpiry, isPooled, isOpen, run, close }
  } catch (error) {
    await close()
    throw error
  }
}

type Encoding = 'UTF8' | 'SQL_ASCII'
type Run = (sql: string, options: RunOptions, encoding: Encoding) => Promise<Answer>

/** A server of our own: settings once, statements in autocommit. */
async function inOwnSession(wire: Wire): Promise<Run> {
  await wire.say(sessionSettings(wire.major, defaultTimeoutSeconds, 'set'), defaultTimeoutSeconds)
  let timeout = defaultTimeoutSeconds
  let current: Encoding = 'UTF8'
  return async (sql, { timeoutSeconds, maxRows }, encoding) => {
    if (timeoutSeconds !== timeout) await wire.say(`set statement_timeout = '${timeoutSeconds}s'`, graceSeconds)
    timeout = timeoutSeconds
    if (encoding !== current) await wire.say(`set client_encoding = '${encoding}'`, graceSeconds)
    current = encoding
    return await wire.ask(sql, maxRows, timeoutSeconds + graceSeconds)
  }
}

/**
 * Behind a pooler a session's settings would stay on a server connection that an application gets next, so
 * they live in a transaction, and the transaction is as long as one statement.
 */
function inTransactions(wire: Wire): Run {
  return async (sql, { timeoutSeconds, maxRows }, encoding) => {
    const settings = sessionSettings(wire.major, timeoutSeconds, 'set local')
    try {
      const begin = 'begin transaction isolation level read committed read only not deferrable'
      await wire.say(`${begin}; ${settings}; set local client_encoding = '${encoding}'`, graceSeconds)
      return await wire.ask(sql, maxRows, timeoutSeconds + graceSeconds)
    } finally {
      // It only reads, so that taking it back is the same as keeping it, whatever happened.
      if (wire.isOpen()) await wire.say('rollback', graceSeconds).catch(() => wire.close())
    }
  }
}
