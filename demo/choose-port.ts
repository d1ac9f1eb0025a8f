import { once } from 'node:events'
import { createServer } from 'node:net'
import { freePort } from '../test/servers/start-server.ts'

/** The port of pgvitals, and a note for the user if it is not the default. */
export interface ChosenPort {
  readonly port: string
  readonly note: string
}

/** Returns the port of PGVITALS_PORT, 9187, or a free port if 9187 is in use. */
export async function choosePort(): Promise<ChosenPort> {
  const named = process.env.PGVITALS_PORT
  const port = named || '9187'
  if (port === '0') return { port: String(await freePort()), note: '' }
  if (!(await isTaken(port))) return { port, note: '' }
  // Another process on this port would receive the requests for pgvitals.
  if (named) throw new Error(`PGVITALS_PORT is ${port}, but this port is in use.`)
  const other = String(await freePort())
  return { port: other, note: `Port ${port} is in use; pgvitals listens on ${other}.\n` }
}

/** Whether the port is in use. pgvitals itself reports an invalid port. */
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
