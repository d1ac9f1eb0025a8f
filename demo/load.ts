import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { TestServer } from '../test/servers/start-server.ts'
import { databases, password } from './schema.ts'
import type { Workload } from './workload.ts'
import { labelerWorkloads } from './workloads/labeler.ts'
import { platformWorkloads } from './workloads/platform.ts'
import { usersWorkloads } from './workloads/users.ts'

export interface Load {
  readonly stop: () => Promise<unknown>
}

const allWorkloads = [...platformWorkloads, ...usersWorkloads, ...labelerWorkloads]

/** The workloads that do not trigger alerts. */
export const normalWorkloads: readonly Workload[] = allWorkloads.filter(({ triggersAlerts }) => triggersAlerts !== true)

/** Repeats all workloads in parallel until stopped; a failed run is repeated. */
export function startLoad(url: TestServer['url'], workloads: readonly Workload[] = allWorkloads): Load {
  const stopping = new AbortController()
  // Node reports a leak above ten listeners.
  setMaxListeners(0, stopping.signal)
  const ended = Promise.all(workloads.map((workload) => repeat(workload, url, stopping.signal)))
  return {
    stop: () => {
      stopping.abort()
      return ended
    }
  }
}

async function repeat(workload: Workload, url: TestServer['url'], signal: AbortSignal): Promise<void> {
  const sessions = new Map<string, pg.Client>()
  const connectionString = url(workload.database, databases[workload.database].owner, password)
  const pause = (ms: number) => delay(ms, undefined, { signal })
  const session = async (application: string) => {
    signal.throwIfAborted()
    const client = sessions.get(application) ?? new pg.Client({ connectionString, application_name: application })
    if (sessions.has(application)) return client
    sessions.set(application, client)
    // A connection lost between two statements makes the next statement fail.
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const leave = async () => {
    const clients = [...sessions.values()]
    sessions.clear()
    await Promise.allSettled(clients.map((client) => client.end()))
  }
  // Also interrupts statements that are running or waiting for a lock.
  signal.addEventListener('abort', leave)
  while (!signal.aborted) {
    try {
      await workload.run({ session, pause })
      await pause(workload.everyMs * (0.5 + Math.random()))
    } catch {
      await leave()
      await pause(1000).catch(() => {})
    }
  }
}
