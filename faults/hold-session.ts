import pg from 'pg'
import type { Context } from './fault.ts'

/** Opens a superuser session that lasts as long as the fault. Losing it is not an error. */
export async function holdSession({ victim, undo }: Context, database: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: victim.postgres.url(database), connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  undo(() => client.end().catch(() => {}))
  await client.connect()
  return client
}

/** Repeats an action until the fault ends. Its failures are ignored: the server may be down. */
export function repeat({ undo }: Context, everyMs: number, action: () => unknown): void {
  let isRunning = false
  const timer = setInterval(async () => {
    if (isRunning) return
    isRunning = true
    await Promise.resolve()
      .then(action)
      .catch(() => {})
    isRunning = false
  }, everyMs)
  undo(() => clearInterval(timer))
}
