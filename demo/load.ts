import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { TestServer } from '../test/servers/start-server.ts'
import type { Scene } from './scene.ts'
import { labelerScenes } from './scenes/labeler.ts'
import { platformScenes } from './scenes/platform.ts'
import { usersScenes } from './scenes/users.ts'
import { databases, password } from './schema.ts'

/** A load that runs until it is stopped. */
export interface Load {
  readonly stop: () => Promise<unknown>
}

const allScenes = [...platformScenes, ...usersScenes, ...labelerScenes]

/** What makes nobody's alert fire. */
export const calmScenes: readonly Scene[] = allScenes.filter(({ isTrouble }) => isTrouble !== true)

/** Plays the scenes side by side, each again and again, whatever becomes of a play. */
export function startLoad(url: TestServer['url'], scenes: readonly Scene[] = allScenes): Load {
  const stopping = new AbortController()
  // Every scene listens, which Node would take for a leak.
  setMaxListeners(0, stopping.signal)
  const ended = Promise.all(scenes.map((scene) => keepPlaying(scene, url, stopping.signal)))
  return {
    stop: () => {
      stopping.abort()
      return ended
    }
  }
}

async function keepPlaying(scene: Scene, url: TestServer['url'], signal: AbortSignal): Promise<void> {
  const sessions = new Map<string, pg.Client>()
  const connectionString = url(scene.database, databases[scene.database].owner, password)
  const pause = (ms: number) => delay(ms, undefined, { signal })
  const session = async (application: string) => {
    signal.throwIfAborted()
    const client = sessions.get(application) ?? new pg.Client({ connectionString, application_name: application })
    if (sessions.has(application)) return client
    sessions.set(application, client)
    // A session that breaks between two statements fails at the next one.
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const leave = async () => {
    const clients = [...sessions.values()]
    sessions.clear()
    await Promise.allSettled(clients.map((client) => client.end()))
  }
  // Ends statements that are running or waiting for a lock, too.
  signal.addEventListener('abort', leave)
  while (!signal.aborted) {
    try {
      await scene.play({ session, pause })
      await pause(scene.everyMs * (0.5 + Math.random()))
    } catch {
      await leave()
      await pause(1000).catch(() => {})
    }
  }
}
