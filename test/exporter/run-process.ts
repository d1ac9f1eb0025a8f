import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type PageSample, parsePage } from '../page/parse-page.ts'

const root = join(import.meta.dirname, '..', '..')

/** `pgvitals` in a separate process. */
export interface RunningProcess {
  readonly child: ChildProcess
  readonly output: () => string
  /** Resolves at the end to the exit code or the name of the signal. */
  readonly ended: Promise<number | string>
}

/** Starts `pgvitals` with this environment and no other variables. */
export function runProcess(environment: Readonly<Record<string, string>>, ...commandLine: readonly string[]): RunningProcess {
  const child = spawn(process.execPath, ['--import=tsx', join(root, 'src', 'main.ts'), ...commandLine], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  return { child, output: () => output, ended }
}

/** The samples of the page of a process; none while it does not respond. */
export async function scrape(port: number): Promise<readonly PageSample[]> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
  return response?.status === 200 ? parsePage(await response.text()) : []
}
