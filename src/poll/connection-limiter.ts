import type { Limits } from '../server/limits.ts'
import type { Database } from '../server/server.ts'
import { backOffSeconds } from './schedule.ts'

/** The number of connections of the server that pgvitals leaves free for others. */
const leftFree = 3

/**
 * Limits the number of open sessions on one server: by the configuration, by its free connections and by the limit of
 * each role.
 */
export class ConnectionLimiter {
  /** One permit until the limits of the server are known: its other connections may be needed by others. */
  readonly #server = createSemaphore(1)
  readonly #roles = new Map<string, Semaphore>()
  readonly #roleLimits = new Map<string, number>()
  /** Databases in which a kept session would use the last free connection of the database or the role. */
  readonly #scarce = new Set<string>()
  /** The number of consecutive poll cycles that used the last free connection of the server. */
  #lastTaken = 0
  #maxSessions: number
  #available = Number.POSITIVE_INFINITY
  #isKnown = false
  #isUnreachable = false

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions
  }

  configure(maxSessions: number): void {
    this.#maxSessions = maxSessions
    if (this.#isKnown) this.#server.resize(this.sessions)
  }

  /**
   * Applies the limits read in a database; `limits` is undefined if they cannot be read. `open` are the databases in
   * which pgvitals has a session.
   */
  learn({ name, connection: { user } }: Database, limits: Limits | undefined, open: readonly Database[]): void {
    this.#isKnown = true
    if (limits !== undefined) {
      this.#available = limits.free + open.length
      // If pgvitals has other sessions, those are closed first.
      const isLast = this.#available <= 1
      const ofRole = open.filter(({ connection }) => connection.user === user).length
      const roleLimit = limits.roleFree === undefined ? Number.POSITIVE_INFINITY : Math.max(1, limits.roleFree + ofRole - 1)
      this.#roleLimits.set(user, roleLimit)
      this.#role(user).resize(roleLimit)
      if (isLast || Math.min(limits.roleFree ?? 1, limits.databaseFree ?? 1) < 1) this.#scarce.add(name)
      else this.#scarce.delete(name)
      this.#lastTaken = isLast ? this.#lastTaken + 1 : 0
    } else if (!this.#roleLimits.has(user)) {
      this.#role(user).resize(Number.POSITIVE_INFINITY)
    }
    this.#server.resize(this.sessions)
  }

  /**
   * Allows parallel connection attempts while the server does not respond: they use none of its connections, and each
   * can wait for a timeout.
   */
  unreachable(): void {
    if (this.#isKnown) return
    this.#isUnreachable = true
    this.#server.resize(this.#maxSessions)
    for (const role of this.#roles.values()) role.resize(this.#maxSessions)
  }

  /** The maximum number of open sessions. */
  get sessions(): number {
    return Math.max(1, Math.min(this.#maxSessions, this.#available - leftFree))
  }

  /** The maximum number of open sessions of this role. */
  sessionsOf(user: string): number {
    return Math.min(this.sessions, this.#roleLimits.get(user) ?? Number.POSITIVE_INFINITY)
  }

  /** Whether a session may stay open between poll cycles. */
  mayKeep(name: string): boolean {
    return !this.#scarce.has(name)
  }

  /** The time for which the last free connection of the server is left to others. */
  get waitSeconds(): number {
    return backOffSeconds(this.#lastTaken)
  }

  /** Whether the server has so few free connections that pgvitals may have only one session. */
  get isTight(): boolean {
    return this.#available - leftFree <= 1
  }

  /** Waits until this role may open a session. The returned function releases the permit. */
  async acquire(user: string): Promise<() => void> {
    const releaseRole = await this.#role(user).acquire()
    const releaseServer = await this.#server.acquire()
    return () => {
      releaseServer()
      releaseRole()
    }
  }

  #role(user: string): Semaphore {
    const semaphore = this.#roles.get(user) ?? createSemaphore(this.#isUnreachable ? this.#maxSessions : 1)
    this.#roles.set(user, semaphore)
    return semaphore
  }
}

interface Semaphore {
  readonly acquire: () => Promise<() => void>
  /** Changes the number of permits. Permits already granted remain valid. */
  readonly resize: (permits: number) => void
}

function createSemaphore(initial: number): Semaphore {
  let permits = initial
  let taken = 0
  const waiting: (() => void)[] = []
  const admit = () => {
    while (taken < permits && waiting.length > 0) {
      taken++
      waiting.shift()?.()
    }
  }
  return {
    acquire: async () => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        admit()
      })
      let isReleased = false
      return () => {
        if (isReleased) return
        isReleased = true
        taken--
        admit()
      }
    },
    resize: (next) => {
      permits = next
      admit()
    }
  }
}
