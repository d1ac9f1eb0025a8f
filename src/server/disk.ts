import { statfs } from 'node:fs/promises'

/** The file system on which a server's data lie, as an unprivileged process sees it. */
export interface DiskSize {
  readonly totalBytes: number
  readonly freeBytes: number
}

/** Measures a file system on a clock of its own, so that neither a scrape nor a visit waits for one that hangs. */
export interface Disk {
  readonly measure: () => Promise<void>
  readonly start: () => void
  readonly stop: () => void
  /** The last size, unless it is older than three intervals. Milliseconds of `performance.now()`. */
  readonly size: (now: number) => DiskSize | undefined
}

const intervalMs = 15_000

/** Makes the measure of the file system of a path; `failed` hears when it cannot be measured, once for each reason. */
export function createDisk(path: string, failed: (reason: string) => void): Disk {
  let last: { readonly size: DiskSize; readonly at: number } | undefined
  let lastReason: string | undefined
  let measuring: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  const measureNow = async () => {
    try {
      const { bsize, blocks, bavail } = await statfs(path)
      last = { size: { totalBytes: blocks * bsize, freeBytes: Math.max(0, bavail) * bsize }, at: performance.now() }
      lastReason = undefined
    } catch (error) {
      const reason = (error as Error).message
      if (reason !== lastReason) failed(reason)
      lastReason = reason
    }
  }
  const measure = () => {
    measuring ??= measureNow().finally(() => {
      measuring = undefined
    })
    return measuring
  }
  return {
    measure,
    start: () => {
      void measure()
      timer = setInterval(() => void measure(), intervalMs).unref()
    },
    stop: () => clearInterval(timer),
    size: (now) => (last !== undefined && now - last.at <= 3 * intervalMs ? last.size : undefined)
  }
}
