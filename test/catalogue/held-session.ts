import pg from 'pg'
import type { RunningServer } from '../servers/start-server.ts'

/** A client session that stays open until `end` or the end of its server. */
export interface HeldSession {
  /** Runs statements in order and waits for the last. */
  readonly run: (...statements: string[]) => Promise<void>
  /** Sends a statement that outlasts the test. */
  readonly send: (statement: string) => void
  readonly end: () => Promise<void>
}

/** Opens a session in a database, by default as superuser. */
export async function holdSession(server: RunningServer, database: string, user?: string, applicationName = ''): Promise<HeldSession> {
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
