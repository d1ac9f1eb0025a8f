import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PageSample, parsePage } from '../page/parse-page.ts'
import { claim, runFolder } from '../servers/run-folder.ts'

const root = join(import.meta.dirname, '..', '..')

/** `pgvitals` in a separate process. */
export interface RunningProcess {
  readonly child: ChildProcess
  readonly output: () => string
  /** Resolves at the end to the exit code or the name of the signal. */
  readonly ended: Promise<number | string>
}

/** Starts `pgvitals` with this environment and no other variables, by default with all details. */
export function runProcess(environment: Readonly<Record<string, string>>, ...commandLine: readonly string[]): RunningProcess {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, PGVITALS_DETAIL: 'full', ...environment }
  return watch(spawn(process.execPath, [compiledProgram(), ...commandLine], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env }))
}

/** Starts `pgvitals` as a user without an entry in the passwd file and without HOME. */
export function runAsUnknownUser(environment: Readonly<Record<string, string>>, ...commandLine: readonly string[]): RunningProcess {
  // The hooks that tap gives to Node would write into folders that this user may not write.
  const command = ['-u', 'NODE_OPTIONS', '-u', 'HOME', process.execPath, compiledProgram(), ...commandLine]
  const env = { PATH: process.env.PATH, ...environment }
  return watch(spawn('env', command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], uid: 54321, gid: 54321, env }))
}

/** Starts `pgvitals` with this file in place of /etc/resolv.conf. Needs root. */
export function runWithResolver(environment: Readonly<Record<string, string>>, file: string): RunningProcess {
  const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
  const command = ['--mount', 'sh', '-c', script, file, process.execPath, compiledProgram()]
  return watch(spawn('unshare', command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, ...environment } }))
}

function watch(child: ChildProcess): RunningProcess {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  return { child, output: () => output, ended }
}

/** The path of the compiled program, which starts in half the time of its source. The first test that needs it compiles it. */
function compiledProgram(): string {
  const folder = join(runFolder(), 'pgvitals')
  const program = join(folder, 'dist', 'main.js')
  const ready = join(folder, 'ready')
  if (claim(folder)) {
    for (const name of ['node_modules', 'package.json', 'pgvitals.schema.json', 'queries'])
      symlinkSync(join(root, name), join(folder, name))
    const compiler = join(root, 'node_modules', '.bin', 'tsc')
    const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')]
    // Type errors do not prevent the output; `npm run types` reports them. The hooks that tap gives to Node break the compiler.
    const { stdout, stderr } = spawnSync('env', ['-u', 'NODE_OPTIONS', compiler, ...options], { encoding: 'utf8' })
    // Even after a failure, so that other tests fail at once.
    writeFileSync(ready, '')
    if (!existsSync(program)) throw new Error(`pgvitals was not compiled: ${stdout}${stderr}`)
  }
  const clock = new Int32Array(new SharedArrayBuffer(4))
  for (const start = performance.now(); !existsSync(ready); Atomics.wait(clock, 0, 0, 50)) {
    if (performance.now() - start > 60_000) throw new Error(`another test did not compile pgvitals in ${folder}`)
  }
  return program
}

/** The samples of the page of a process; none while it does not respond. */
export async function scrape(port: number): Promise<readonly PageSample[]> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
  return response?.status === 200 ? parsePage(await response.text()) : []
}
