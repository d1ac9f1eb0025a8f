import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
const enoughBytes = 8e9

/** The folder for data directories: in memory where enough is free, which takes a third of the time of a disk. */
function dataFolder(): string {
  if (process.env.TMPDIR !== undefined || !existsSync(memory)) return realpathSync(tmpdir())
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > enoughBytes ? memory : realpathSync(tmpdir())
}

/** The process whose end is the end of the run: tap itself, or a test file that runs without it. */
const runner = process.env.TAP === '1' ? process.ppid : process.pid

/**
 * The folder that all test processes of one run share. The process that creates it also starts a watchdog: a shell
 * that waits for the end of the run, ends the servers that still run in the folder, and removes it. So nothing is left
 * of a run that was killed either.
 */
export function runFolder(): string {
  const folder = join(dataFolder(), `pgvitals-test-${runner}-${startTime(runner)}`)
  if (claim(folder)) {
    // When root runs the tests, PostgreSQL runs as another user and creates folders here too.
    chmodSync(folder, 0o1777)
    const options = { detached: true, stdio: 'ignore', cwd: '/' } as const
    const shell = spawn('sh', ['-c', watchdog, 'pgvitals-test-watchdog', String(runner), folder], options)
    // Without a shell, as on Windows, a killed run leaves its servers.
    shell.on('error', () => {})
    shell.unref()
  }
  return folder
}

/** Creates a folder; false when another process was first. */
export function claim(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Tells two processes with the same id apart; empty where there is no /proc. */
function startTime(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

const watchdog = `
while kill -0 "$1" 2>/dev/null; do sleep 1; done
for file in "$2"/*/postmaster.pid "$2"/*/data/postmaster.pid; do
  [ -f "$file" ] || continue
  pid=$(head -n 1 "$file")
  kill -QUIT "$pid" 2>/dev/null
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ $tries -lt 50 ]; do sleep 0.2; tries=$((tries + 1)); done
done
rm -rf "$2"
`
