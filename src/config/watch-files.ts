import { type BigIntStats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'

/** Looks after files. */
export interface FileWatch {
  /** From now on these are the files; those that were among them before keep what was last seen. */
  readonly watch: (files: readonly string[]) => void
  readonly stop: () => void
}

/**
 * Tells which files have changed, appeared or gone, once none of them moves any more. They are looked at every
 * second: that sees what editors, Kubernetes (by symbolic links) and mounts of single files and of other machines
 * do, where the notices of the file system miss some of it.
 */
export function watchFiles(changed: (files: readonly string[]) => void, intervalMs = 1000): FileWatch {
  const told = new Map<string, string>()
  let seen = new Map<string, string>()
  const look = async () => {
    const marks = new Map(await Promise.all([...told.keys()].map(async (file) => [file, await markOf(file)] as const)))
    const isStill = [...marks].every(([file, mark]) => (seen.get(file) ?? told.get(file)) === mark)
    seen = marks
    const others = isStill ? [...marks].filter(([file, mark]) => told.has(file) && told.get(file) !== mark) : []
    for (const [file, mark] of others) told.set(file, mark)
    if (others.length > 0) changed(others.map(([file]) => file))
  }
  let isLooking = false
  const timer = setInterval(() => {
    if (isLooking) return
    isLooking = true
    void look().finally(() => {
      isLooking = false
    })
  }, intervalMs).unref()
  return {
    watch: (files) => {
      for (const file of told.keys()) if (!files.includes(file)) told.delete(file)
      for (const file of files) if (!told.has(file)) told.set(file, markNow(file))
    },
    stop: () => clearInterval(timer)
  }
}

function markNow(file: string): string {
  try {
    return mark(statSync(file, { bigint: true }))
  } catch {
    return mark(undefined)
  }
}

async function markOf(file: string): Promise<string> {
  return mark(await stat(file, { bigint: true }).catch(() => undefined))
}

/** Differs after every change; links are followed, so that the file they lead to counts. */
function mark(stats: BigIntStats | undefined): string {
  return stats === undefined ? 'none' : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
}
