import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import type { Connected } from '../../src/poll/found.ts'
import type { Facts } from '../../src/server/facts.ts'
import { noRefusals } from '../../src/server/refusals.ts'
import type { Database, Server } from '../../src/server/server.ts'
import type { Session } from '../../src/server/session.ts'

export const connection = parseDatabaseUrl('postgresql://u:p@h/postgres')

export function makeDatabase(name: string, more: Partial<Database> = {}): Database {
  return { name, connection: { ...connection, database: name }, team: '', access: new Map(), quotaBytes: undefined, ...more }
}

/** A server with these databases, without discovery. */
export function makeServer(names: readonly string[], more: Partial<Server> = {}): Server {
  return {
    name: 's',
    databases: names.map((name) => makeDatabase(name)),
    discovery: undefined,
    maxSessions: 4,
    detail: 'full',
    maxSamplesPerDatabase: 1000,
    capacityBytes: undefined,
    dataDirectory: undefined,
    ...more
  }
}

/** The facts of a role without any capability on a primary. */
export function makeFacts(more: Partial<Facts> = {}): Facts {
  const membership = { isMember: false, inheritSteps: [], inherits: true }
  return {
    role: 'r',
    version: [18, 0],
    isStandby: false,
    extensions: new Map(),
    capabilities: new Set(),
    membership,
    tracking: new Map(),
    ...more
  }
}

/** An open session that returns no rows. */
export function makeSession(more: Partial<Session> = {}): Session {
  return {
    certificateExpiry: undefined,
    isPooled: false,
    isOpen: () => true,
    run: async () => ({ columns: [], rows: [], cutRows: 0 }),
    close: async () => {},
    ...more
  }
}

/** What a poll cycle finds out that opened a session and read the facts only. */
export function makeConnected(more: Partial<Connected> = {}): Connected {
  return {
    kind: 'connected',
    session: makeSession(),
    isNew: true,
    facts: makeFacts(),
    activities: new Map(),
    identity: undefined,
    limits: undefined,
    listed: undefined,
    refusals: noRefusals,
    wasRejected: false,
    seconds: 0,
    ...more
  }
}
