import { once } from 'node:events'
import { createServer } from 'node:net'
import { freePort } from '../test/servers/start-server.ts'

/** Where pgvitals will listen, and what to say about it. */
export interface ChosenPort {
  readonly port: string
  readonly note: string
}

/** The port that PGVITALS_PORT names, or else 9187, or else a free one. */
export async function choosePort(): Promise<ChosenPort> {
  const named = process.env.PGVITALS_PORT
  const port = named || '9187'
  if (port === '0') return { port: String(await freePort()), note: '' }
  if (!(await isTaken(port))) return { port, note: '' }
  // Who listens there could answer in the place of pgvitals.
  if (named) throw new Error(`Port ${port}, which PGVITALS_PORT names, is taken.`)
  const other = String(await freePort())
  return { port: other, note: `Port ${port} is taken, so pgvitals listens on ${other}.\n` }
}

/** Whether something listens there; what is no port at all is for pgvitals to say. */
async function isTaken(port: string): Promise<boolean> {
  const listener = createServer()
  try {
    await once(listener.listen(Number(port), '127.0.0.1'), 'listening')
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
  } finally {
    listener.close()
  }
}
