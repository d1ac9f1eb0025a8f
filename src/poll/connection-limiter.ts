import type { Limits } from '../server/limits.ts'
import type { Database } from '../server/server.ts'
import { backOffSeconds } from './schedule.ts'

/** Connections of the server that stay free for others, as far as that depends on pgvitals. */
const leftFree = 3

/** How many sessions may be open on one server: by the configuration, by its free connections, by each role's limit. */
export class ConnectionLimiter {
  /** One until the limits of the server are known, so that no connection is taken that others need. */
  readonly #server = createSemaphore(1)
  readonly #roles = new Map<string, Semaphore>()
  readonly #roleLimits = new Map<string, number>()
  /** Databases where a kept session would take the last free connection of the database or the role. */
  readonly #scarce = new Set<string>()
  /** How often in a row a cycle took the last free connection of the server. */
  #lastTaken = 0
  #maxSessions: number
  #available = Number.POSITIVE_INFINITY
  #isKnown = false

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions
  }

  configure(maxSessions: number): void {
    this.#maxSessions = maxSessions
    if (this.#isKnown) this.#server.resize(this.sessions)
  }

  /**
   * A database was reached; `limits` is undefined where they cannot be read. `open` are the databases where pgvitals
   * has a session.
   */
  learn({ name, connection: { user } }: Database, limits: Limits | undefined, open: readonly Database[]): void {
    this.#isKnown = true
    if (limits !== undefined) {
      this.#available = limits.free + open.length
      // While pgvitals has other sessions, those are closed first.
      const isLast = this.#available <= 1
      const ofRole = open.filter(({ connection }) => connection.user === user).length
      const roleLimit = limits.roleFree === undefined ? Number.POSITIVE_INFINITY : Math.max(1, limits.roleFree + ofRole - 1)
      this.#roleLimits.set(user, roleLimit)
      this.#role(user).resize(roleLimit)
      if (isLast || Math.min(limits.roleFree ?? 1, limits.databaseFree ?? 1) < 1) this.#scarce.add(name)
      else this.#scarce.delete(name)
      this.#lastTaken = isLast ? this.#lastTaken + 1 : 0
    }
    this.#server.resize(this.sessions)
  }

  /** The server does not respond, so attempts take no connections and may run in parallel; in sequence they would take long. */
  unreachable(): void {
    if (!this.#isKnown) this.#server.resize(this.#maxSessions)
  }

  /** Sessions that may be open. */
  get sessions(): number {
    return Math.max(1, Math.min(this.#maxSessions, this.#available - leftFree))
  }

  /** Sessions that this role may have open. */
  sessionsOf(user: string): number {
    return Math.min(this.sessions, this.#roleLimits.get(user) ?? Number.POSITIVE_INFINITY)
  }

  /** Whether a session may stay open between cycles. */
  mayKeep(name: string): boolean {
    return !this.#scarce.has(name)
  }

  /** How long the last free connection of the server is left to others. */
  get waitSeconds(): number {
    return backOffSeconds(this.#lastTaken)
  }

  /** Whether connections are so few that pgvitals has one session and no other. */
  get isTight(): boolean {
    return this.#available - leftFree <= 1
  }

  /** Waits until this role may open a session. The returned function gives the permit back. */
  async acquire(user: string): Promise<() => void> {
    const releaseRole = await this.#role(user).acquire()
    const releaseServer = await this.#server.acquire()
    return () => {
      releaseServer()
      releaseRole()
    }
  }

  #role(user: string): Semaphore {
    const semaphore = this.#roles.get(user) ?? createSemaphore(1)
    this.#roles.set(user, semaphore)
    return semaphore
  }
}

interface Semaphore {
  readonly acquire: () => Promise<() => void>
  /** Permits that were given stay valid. */
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
