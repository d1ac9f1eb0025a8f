import type { BigIntStats } from 'node:fs'
import type { FileError } from '../files/call-file-system.ts'
import { statFile } from '../files/read-file.ts'

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
  const reported = new Map<string, Promise<string>>()
  /** The state of each file at the previous check. */
  let previous = new Map<string, string>()
  const setFiles = (next: readonly string[]) => {
    for (const file of reported.keys()) if (!next.includes(file)) reported.delete(file)
    for (const file of next) if (!reported.has(file)) reported.set(file, stateOf(file))
  }
  const check = async () => {
    const checked = await Promise.all([...reported].map(async ([file, state]) => ({ file, before: await state, now: await stateOf(file) })))
    // While the file system hangs, the state of its files is unknown.
    const known = checked.filter(({ now }) => now !== unknown)
    const isStable = known.every(({ file, before, now }) => (previous.get(file) ?? before) === now)
    previous = new Map(known.map(({ file, now }) => [file, now]))
    const changed = isStable ? known.filter(({ file, before, now }) => reported.has(file) && before !== now) : []
    for (const { file, now } of changed) reported.set(file, Promise.resolve(now))
    if (changed.length > 0) onChange(changed.map(({ file }) => file))
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
  return {
    setFiles,
    stop: () => {
      clearInterval(timer)
      reported.clear()
    }
  }
}

const unknown = 'unknown'

/** The state of a file as a text that differs after every change. */
async function stateOf(file: string): Promise<string> {
  try {
    return format(await statFile(file))
  } catch (error) {
    return (error as FileError).code === undefined ? unknown : 'none'
  }
}

function format(stats: BigIntStats): string {
  return `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
}
