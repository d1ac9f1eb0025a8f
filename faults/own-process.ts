import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RunningProcess, runAsUnknownUser, runProcess } from '../test/exporter/run-process.ts'
import { freePort } from '../test/servers/start-server.ts'
import type { Context } from './fault.ts'
import { scrape } from './scrape.ts'
import type { Scrape } from './seen.ts'
import { serverConfiguration } from './world.ts'

/** A second process of pgvitals, which polls the healthy server and ends with the fault. */
export interface OwnProcess {
  readonly running: RunningProcess
  readonly port: number
  readonly configPath: string
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Scrape>
}

export interface OwnOptions {
  /** Further keys of the configuration. */
  readonly configuration?: object
  readonly environment?: Readonly<Record<string, string>>
  readonly isUnknownUser?: boolean
  /** Whether to wait for the first page with the state of the healthy server; by default true. */
  readonly isAwaited?: boolean
}

let started = 0

export async function startOwn(context: Context, options: OwnOptions = {}): Promise<OwnProcess> {
  const { world, undo } = context
  const port = await freePort()
  const configPath = join(world.folder, `own-${++started}.yaml`)
  const configuration = { servers: { healthy: serverConfiguration(world.healthy.port, 'secret') }, ...options.configuration }
  writeFileSync(configPath, JSON.stringify(configuration, undefined, 2))
  const run = options.isUnknownUser ? runAsUnknownUser : runProcess
  const running = run({ PGVITALS_CONFIG: configPath, PGVITALS_PORT: String(port), ...options.environment })
  const kill = () => running.child.kill('SIGKILL')
  process.once('exit', kill)
  undo(async () => {
    kill()
    await running.ended
    process.off('exit', kill)
  })
  const get: OwnProcess['get'] = (path, headers) => scrape(`http://127.0.0.1:${port}${path}`, undefined, headers)
  for (let attempt = 0; options.isAwaited !== false; attempt++) {
    // With tokens, the page is refused, but the process responds.
    if ((await get('/readyz')).status === 200) break
    if (running.child.exitCode !== null || attempt > 300) throw new Error(`pgvitals is not ready: ${running.output().slice(-500)}`)
    await sleep(100)
  }
  return { running, port, configPath, get }
}

/** Whether a process has ended within this time. */
export async function endsWithin(seconds: number, { ended }: RunningProcess): Promise<number | string | undefined> {
  return await Promise.race([ended, sleep(seconds * 1000, undefined, { ref: false })])
}
