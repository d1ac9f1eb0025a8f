import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { type DiskSize, readDiskSize } from '../server/disk.ts'

const intervalMs = 15_000

/**
 * Measures the file system of a server's data directory on a separate timer. Neither a scrape nor a poll waits for a
 * file system that hangs.
 */
export class DiskPoller {
  readonly #server: string
  readonly #path: string
  readonly #clock: Clock
  readonly #log: Logger
  #last: { readonly size: DiskSize; readonly at: number } | undefined
  #revision = 0
  #failure: string | undefined
  #measuring: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(server: string, path: string, clock: Clock, log: Logger) {
    this.#server = server
    this.#path = path
    this.#clock = clock
    this.#log = log
  }

  start(): void {
    void this.measure()
    this.#timer = setInterval(() => void this.measure(), intervalMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Measures once, or waits for the measurement in progress. */
  measure(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined
    })
    return this.#measuring
  }

  /** A number that increases with every measurement. */
  get revision(): number {
    return this.#revision
  }

  /** The last size and the time until which it is exported; undefined if it is older than three intervals. */
  size(now: number): (DiskSize & { readonly freshUntil: number }) | undefined {
    if (this.#last === undefined) return undefined
    const freshUntil = this.#last.at + 3 * intervalMs
    return now <= freshUntil ? { ...this.#last.size, freshUntil } : undefined
  }

  async #measure(): Promise<void> {
    try {
      this.#last = { size: await readDiskSize(this.#path), at: this.#clock.now() }
      this.#revision++
      this.#failure = undefined
    } catch (error) {
      const { message } = error as Error
      if (message !== this.#failure)
        this.#log.warn({ server: this.#server }, `cannot measure the disk of data_directory ${this.#path}: ${message}`)
      this.#failure = message
    }
  }
}
