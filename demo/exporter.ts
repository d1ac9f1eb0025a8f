import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A pgvitals that runs as a process of its own. */
export interface ExporterProcess {
  /** Fails when the process ends. */
  readonly failed: Promise<never>
  readonly stop: () => Promise<unknown>
}

export interface ExporterProcessOptions {
  /** The connection URLs by the names of their environment variables. */
  readonly urls: Readonly<Record<string, string>>
  readonly port: string
  /** Where it runs: a folder without a `.env` that would name further databases. */
  readonly folder: string
}

/** Starts pgvitals as its users do, with nothing but its settings in the environment. */
export function startExporter({ urls, port, folder }: ExporterProcessOptions): ExporterProcess {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts')
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main], {
    cwd: folder,
    env: { ...urls, PGVITALS_PORT: port, PGVITALS_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit']
  })
  const ended = once(child, 'exit')
  const failed = ended.then(([code, signal]) => {
    throw new Error(`pgvitals ended with ${signal ?? `code ${code}`}; what it said stands above.`)
  })
  // Who races it hears of it; nobody else has to.
  failed.catch(() => {})
  return {
    failed,
    stop: () => {
      child.kill()
      return ended
    }
  }
}

/** Answers when pgvitals has tried every query once. */
export async function untilReady(port: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal }).catch(() => undefined)
    if (response?.ok) return
    await delay(100, undefined, { signal })
  }
  throw new Error(`pgvitals was not ready within 30 s on port ${port}.`)
}
