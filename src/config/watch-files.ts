import { type BigIntStats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'

export interface FileWatcher {
  /** Replaces the list of files. A file that stays in the list keeps its last known state. */
  readonly setFiles: (files: readonly string[]) => void
  readonly stop: () => void
}

/**
 * Calls `onChange` with the files that were changed, created or removed, once none of them has changed for one
 * interval. Polls with stat, because file system notifications miss some changes by Kubernetes (symbolic links),
 * in bind mounts of single files and on network file systems.
 */
export function watchFiles(files: readonly string[], onChange: (files: readonly string[]) => void, intervalMs = 1000): FileWatcher {
  /** The state of each file when it was added or last reported. */
  const reported = new Map<string, string>()
  /** The state of each file at the previous check. */
  let previous = new Map<string, string>()
  const setFiles = (next: readonly string[]) => {
    for (const file of reported.keys()) if (!next.includes(file)) reported.delete(file)
    for (const file of next) if (!reported.has(file)) reported.set(file, stateNow(file))
  }
  const check = async () => {
    const states = new Map(await Promise.all([...reported.keys()].map(async (file) => [file, await stateOf(file)] as const)))
    const isStable = [...states].every(([file, state]) => (previous.get(file) ?? reported.get(file)) === state)
    previous = states
    const changed = isStable ? [...states].filter(([file, state]) => reported.has(file) && reported.get(file) !== state) : []
    for (const [file, state] of changed) reported.set(file, state)
    if (changed.length > 0) onChange(changed.map(([file]) => file))
  }
  let isChecking = false
  const timer = setInterval(() => {
    if (isChecking) return
    isChecking = true
    void check().finally(() => {
      isChecking = false
    })
  }, intervalMs).unref()
  setFiles(files)
  return { setFiles, stop: () => clearInterval(timer) }
}

function stateNow(file: string): string {
  try {
    return format(statSync(file, { bigint: true }))
  } catch {
    return format(undefined)
  }
}

async function stateOf(file: string): Promise<string> {
  return format(await stat(file, { bigint: true }).catch(() => undefined))
}

/**
 * The state of a file as a text that differs after every change. stat follows symbolic links, so changes of the target
 * are detected.
 */
function format(stats: BigIntStats | undefined): string {
  return stats === undefined ? 'none' : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
}
