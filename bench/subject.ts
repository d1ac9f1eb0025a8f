import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestServer } from '../test/servers/start-server.ts'
import { role } from './prepare.ts'
import { fetchPage } from './scrape.ts'

/** An exporter to be measured: its command and its address. */
export interface Subject {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly port: number
  /** A path that returns 200 once /metrics is complete. */
  readonly readyPath: string
}

/** A started exporter. */
export interface Running {
  readonly pid: number
  readonly metricsUrl: string
  /** Seconds from spawn until the first complete page was read. */
  readonly startSeconds: number
  readonly stop: () => Promise<void>
}

/** pgvitals as installed: the build, without a TypeScript loader. */
export function createPgvitals(root: string, server: TestServer, port: number): Subject {
  return {
    name: 'pgvitals',
    command: process.execPath,
    args: [join(root, 'dist/main.js')],
    env: {
      DATABASE_URL: server.url('platform', role),
      USER_DATABASE_URL: server.url('users', role),
      LABELER_DATABASE_URL: server.url('labeler', role),
      PGVITALS_PORT: String(port),
      PGVITALS_LOG_LEVEL: 'warn'
    },
    port,
    readyPath: '/readyz'
  }
}

/** prometheus-community/postgres_exporter with its statements collector; it queries the database at each scrape. */
export function createPeer(path: string, server: TestServer, port: number): Subject {
  return {
    name: 'postgres_exporter',
    command: path,
    args: [
      '--collector.stat_statements',
      '--collector.stat_statements.limit=100',
      '--log.level=error',
      `--web.listen-address=127.0.0.1:${port}`
    ],
    env: { DATA_SOURCE_NAME: `${server.url('platform', role)}?sslmode=disable` },
    port,
    readyPath: '/'
  }
}

/** Starts an exporter and reads its first complete page. */
export async function startSubject({ command, args, env, port, readyPath }: Subject): Promise<Running> {
  const startedAt = performance.now()
  // No inherited variables: a *_DATABASE_URL of the user must not be polled.
  const child = spawn(command, [...args], { env, stdio: ['ignore', 2, 2] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async () => {
    await stopChild(child)
    process.off('exit', kill)
  }
  try {
    await once(child, 'spawn')
    const url = `http://127.0.0.1:${port}`
    await untilReady(child, url + readyPath, startedAt + 30_000)
    const metricsUrl = `${url}/metrics`
    await fetchPage(metricsUrl)
    return { pid: child.pid ?? 0, metricsUrl, startSeconds: (performance.now() - startedAt) / 1000, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function untilReady(child: ChildProcess, url: string, deadline: number): Promise<void> {
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} exited with code ${child.exitCode}`)
    try {
      await fetchPage(url)
      return
    } catch {
      await sleep(10)
    }
  }
  throw new Error(`${url} did not return status 200 within 30 s`)
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const killTimer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await exited
  clearTimeout(killTimer)
}
