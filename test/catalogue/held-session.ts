import pg from 'pg'
import type { TestServer } from '../servers/start-server.ts'

/** A session of a client that a test keeps open; it ends with its server. */
export interface HeldSession {
  /** Runs statements one after the other and waits for the last. */
  readonly run: (...statements: string[]) => Promise<void>
  /** Sends a statement that will not end before the test does. */
  readonly send: (statement: string) => void
  readonly end: () => Promise<void>
}

/** Opens a session in a database, without a user as superuser. */
export async function holdSession(server: TestServer, database: string, user?: string, applicationName = ''): Promise<HeldSession> {
  const client = new pg.Client(`${server.url(database, user)}?application_name=${applicationName}`)
  client.on('error', () => {})
  await client.connect()
  return {
    run: async (...statements) => {
      for (const statement of statements) await client.query(statement)
    },
    send: (statement) => {
      client.query(statement).catch(() => {})
    },
    end: () => client.end()
  }
}
