import { listDatabases, withFound } from '../server/discover.ts'
import { ClassedError, classOf, type ErrorClass, type ErrorOrigin, LoginError, messageOf, originOf } from '../server/error-class.ts'
import { type Facts, readFacts } from '../server/facts.ts'
import type { Database, Server } from '../server/server.ts'
import { openSession } from '../server/session.ts'
import { monitoringRoles } from './monitoring-role.ts'
import { type Right, readRights } from './rights.ts'
import { readSessionDetails, type SessionDetails } from './session-details.ts'

/** The properties read from a reachable database. */
export interface Found {
  readonly facts: Facts
  readonly rights: readonly Right[]
  readonly details: SessionDetails
  /** Whether the connection uses TLS. Behind a pooler, `pg_stat_ssl` describes another connection. */
  readonly isEncrypted: boolean
}

/** The result for one database: either `found` or `failure` is defined. */
export interface Examination {
  readonly database: Database
  readonly found: Found | undefined
  readonly failure: ConnectionFailure | undefined
}

/** The reason why a database was not examined. The message may be translated, so only the other properties determine the fix. */
export interface ConnectionFailure {
  readonly errorClass: ErrorClass
  readonly message: string
  readonly origin: ErrorOrigin | undefined
  readonly wasPasswordRequested: boolean
}

/**
 * Examines every database of a server, with at most `maxSessions` sessions. Ends within the deadline even if the server
 * does not respond.
 */
export async function examineServer(server: Server, deadlineSeconds: number): Promise<readonly Examination[]> {
  const error = new ClassedError('timeout', `not examined within ${deadlineSeconds} s`)
  const deadline = startDeadline(deadlineSeconds, error)
  // If discovery takes too long, the declared databases are examined in the remaining time and report the cause.
  const discoveryDeadline = startDeadline(deadlineSeconds / 2, error)
  try {
    const databases = await discoveryDeadline.limit(() => discoverDatabases(server)).catch(() => server.databases)
    const users = [...new Set([...databases.map(({ connection }) => connection.user), ...monitoringRoles])]
    return await mapConcurrently(databases, server.maxSessions, async (database) => {
      try {
        return { database, found: await deadline.limit(() => examineDatabase(database, users)), failure: undefined }
      } catch (error) {
        return { database, found: undefined, failure: describeFailure(error) }
      }
    })
  } finally {
    discoveryDeadline.clear()
    deadline.clear()
  }
}

function describeFailure(error: unknown): ConnectionFailure {
  const origin = originOf(error)
  return { errorClass: classOf(error), message: messageOf(error), origin, wasPasswordRequested: error instanceof LoginError }
}

/** The declared databases, and those that the first reachable one discovers. Unreachable ones are reported later. */
async function discoverDatabases(server: Server): Promise<readonly Database[]> {
  if (server.discovery === undefined) return server.databases
  for (const { connection } of server.databases) {
    const session = await openSession(connection).catch(() => undefined)
    try {
      const listed = session && (await listDatabases(session, server.discovery)).value
      if (listed !== undefined && !('message' in listed)) return withFound(server, listed)
    } catch {
      // Try the next database.
    } finally {
      await session?.close()
    }
  }
  return server.databases
}

async function examineDatabase(database: Database, users: readonly string[]): Promise<Found> {
  const session = await openSession(database.connection)
  try {
    const facts = await readFacts(session)
    const isEncrypted = session.certificateExpiry !== undefined
    return { facts, rights: await readRights(session), details: await readSessionDetails(session, users), isEncrypted }
  } finally {
    await session.close()
  }
}

interface Deadline {
  /** Starts the work and rejects if it does not end before the deadline. Rejects without starting it after the deadline. */
  readonly limit: <Result>(work: () => Promise<Result>) => Promise<Result>
  readonly clear: () => void
}

/** Every statement has its own deadline; this one covers all of them. */
function startDeadline(seconds: number, error: Error): Deadline {
  let isPassed = false
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isPassed = true
      reject(error)
    }, seconds * 1000)
  })
  passed.catch(() => {})
  return {
    limit: (work) => (isPassed ? passed : Promise.race([work(), passed])),
    clear: () => clearTimeout(timer)
  }
}

/** Maps the items in their order, with at most `limit` calls at a time. */
async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item) => Promise<Result>
): Promise<readonly Result[]> {
  const results: Result[] = []
  const remaining = items.entries()
  const worker = async () => {
    for (const [index, item] of remaining) results[index] = await map(item)
  }
  await Promise.all(Array.from({ length: limit }, worker))
  return results
}
