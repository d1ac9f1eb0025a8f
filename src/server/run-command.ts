import { type ChildProcess, spawn } from 'node:child_process'

/** The maximum size of the output of a command. */
const maxBytes = 1024 ** 2

/** The running programs, each the leader of a process group. */
const running = new Set<ChildProcess>()

/**
 * Runs a program without a shell in a process group of its own, and returns its standard output. When the program has ended
 * and closed its output, or after the deadline, every process that is left in its group is killed. The error output is
 * dropped, and errors do not contain the arguments, because both may repeat a secret.
 */
export async function runCommand([program = '', ...args]: readonly string[], timeoutSeconds: number): Promise<string> {
  const child = start(program, args)
  running.add(child)
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<string>((resolve, reject) => {
      const chunks: Buffer[] = []
      let bytes = 0
      // Without free file descriptors, the program has no output, and an error follows.
      child.stdout?.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxBytes) reject(new Error(`the output is larger than ${maxBytes / 1024 ** 2} MiB`))
        else chunks.push(chunk)
      })
      child.once('error', ({ code }: NodeJS.ErrnoException) => reject(new Error(code)))
      child.once('close', (code, signal) => {
        if (code === 0) resolve(Buffer.concat(chunks).toString())
        else reject(new Error(signal ?? `exit code ${code}`))
      })
      timer = setTimeout(() => reject(new Error(`no output within ${timeoutSeconds} s`)), timeoutSeconds * 1000)
    })
  } finally {
    clearTimeout(timer)
    running.delete(child)
    killGroup(child)
    // A process that has left the group may keep the output open.
    child.stdout?.destroy()
  }
}

function start(program: string, args: readonly string[]): ChildProcess {
  try {
    return spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch (error) {
    // The message may contain an argument.
    throw new Error(String((error as NodeJS.ErrnoException).code))
  }
}

/** Kills all commands and their descendants. */
export function killCommands(): void {
  for (const child of running) killGroup(child)
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // No process is left.
  }
}
