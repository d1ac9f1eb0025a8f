import { createBudget } from '../server/budget.ts'
import { listDatabases, withFound } from '../server/discover.ts'
import { ClassedError, classOf, type ErrorClass, messageOf } from '../server/error-class.ts'
import { type Facts, readFacts } from '../server/facts.ts'
import type { Database, Server } from '../server/server.ts'
import { openSession } from '../server/session.ts'
import { ownRoles } from './own-role.ts'
import { type Right, readRights } from './rights.ts'
import { readSurroundings, type Surroundings } from './surroundings.ts'

/** What a database that answers says of itself and of the role. */
export interface Found {
  readonly facts: Facts
  readonly rights: readonly Right[]
  readonly surroundings: Surroundings
}

/** What became of one database: what was found, or why nothing was. */
export interface Examination {
  readonly database: Database
  readonly found: Found | undefined
  readonly failure: { readonly errorClass: ErrorClass; readonly message: string } | undefined
}

/** Examines every database of a server, a few at a time; ends within the deadline whatever the server does. */
export async function examineServer(server: Server, deadlineSeconds: number): Promise<readonly Examination[]> {
  const until = performance.now() + deadlineSeconds * 1000
  const budget = createBudget(server.maxSessions)
  // Whoever does not answer in half the time is examined as declared, and then told.
  const databases = await within(deadlineSeconds / 2, deadlineSeconds, () => findDatabases(server)).catch(() => server.databases)
  const users = [...new Set([...databases.map(({ connection }) => connection.user), ...ownRoles])]
  return await Promise.all(
    databases.map(async (database) => {
      const release = await budget.acquire()
      try {
        const leftSeconds = (until - performance.now()) / 1000
        return { database, found: await within(leftSeconds, deadlineSeconds, () => examine(database, users)), failure: undefined }
      } catch (error) {
        return { database, found: undefined, failure: { errorClass: classOf(error), message: messageOf(error) } }
      } finally {
        release()
      }
    })
  )
}

/** The declared databases, and those that the first one that answers finds; which do not answer is told later. */
async function findDatabases(server: Server): Promise<readonly Database[]> {
  if (server.discovery === undefined) return server.databases
  for (const { connection } of server.databases) {
    const session = await openSession(connection).catch(() => undefined)
    try {
      if (session !== undefined) return withFound(server, await listDatabases(session, server.discovery))
    } catch {
      // The next one may see them.
    } finally {
      await session?.close()
    }
  }
  return server.databases
}

async function examine(database: Database, users: readonly string[]): Promise<Found> {
  const session = await openSession(database.connection)
  try {
    const facts = await readFacts(session)
    return { facts, rights: await readRights(session), surroundings: await readSurroundings(session, users) }
  } finally {
    await session.close()
  }
}

/** Every exchange has a deadline of its own already; this one is for all of them together. */
async function within<Result>(seconds: number, deadlineSeconds: number, work: () => Promise<Result>): Promise<Result> {
  const late = () => new ClassedError('timeout', `not examined within ${deadlineSeconds} s`)
  if (seconds <= 0) throw late()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), seconds * 1000)
  })
  try {
    return await Promise.race([work(), deadline])
  } finally {
    clearTimeout(timer)
  }
}
