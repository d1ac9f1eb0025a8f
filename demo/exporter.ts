import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** pgvitals in a child process. */
export interface ExporterProcess {
  /** Rejects when the process exits. */
  readonly failed: Promise<never>
  readonly stop: () => Promise<unknown>
}

export interface ExporterProcessOptions {
  /** The connection URLs by the names of their environment variables. */
  readonly urls: Readonly<Record<string, string>>
  readonly port: string
  /** Working directory, without a `.env` file that would add databases. */
  readonly folder: string
}

/** Starts pgvitals with only its settings in the environment. */
export function startExporter({ urls, port, folder }: ExporterProcessOptions): ExporterProcess {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts')
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main], {
    cwd: folder,
    env: { ...urls, PGVITALS_PORT: port, PGVITALS_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit']
  })
  const ended = once(child, 'exit')
  const failed = ended.then(([code, signal]) => {
    throw new Error(`pgvitals exited with ${signal ?? `code ${code}`}; see its messages above.`)
  })
  // The caller may stop waiting before the process exits; the rejection must not be unhandled then.
  failed.catch(() => {})
  return {
    failed,
    stop: () => {
      child.kill()
      return ended
    }
  }
}

/** Resolves when pgvitals has polled every query once. */
export async function untilReady(port: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal }).catch(() => undefined)
    if (response?.ok) return
    await delay(100, undefined, { signal })
  }
  throw new Error(`pgvitals was not ready within 30 s on port ${port}.`)
}
