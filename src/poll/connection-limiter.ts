import type { Limits } from '../server/limits.ts'
import type { Database } from '../server/server.ts'
import { backOffSeconds } from './schedule.ts'

/** The number of connections of the server that pgvitals leaves free for others. */
const leftFree = 3

/**
 * A database that held a permit for longer than this time is slow. This is the default timeout of a query. New databases
 * are assumed to hold their first permit for this time, so that many of them do not delay the others.
 */
export const slowMs = 5000

/** The number of granted permits, and of those that slow databases hold during their cycle. */
interface Granted {
  all: number
  slow: number
}

/** How a database used its permits. Times are in milliseconds of one clock. */
export interface PermitUse {
  /** The time for which it held a permit in its last cycle, or half of the previous value if that is longer. */
  readonly heldMs: number
  /** The end of its last cycle. */
  readonly endedAt: number
}

/** The permit to have one session open. */
export interface Permit {
  /** Ends the cycle for which the permit was granted. The session stays open. */
  readonly rest: (now: number) => void
  readonly release: (now: number) => void
}

interface Request {
  readonly user: string
  readonly use: PermitUse
  readonly grant: (permit: Permit) => void
}

/** The use by a database that has a cycle from `from` to `now`. A long cycle counts in several later ones, half in each. */
export function usedPermit(last: PermitUse | undefined, from: number, now: number): PermitUse {
  return { heldMs: Math.max(now - from, (last?.heldMs ?? 0) / 2), endedAt: now }
}

/**
 * Limits the number of open sessions on one server: by the configuration, by its free connections and by the limit of
 * each role. Databases wait in proportion to the time for which they hold their permits: the next permit is granted to
 * the database whose last cycle is the shortest in relation to the time since then. The last free permit is not granted to
 * a slow database while another one is in its cycle.
 */
export class ConnectionLimiter {
  /** The number of permits: one until the limits of the server are known, because others may need its connections. */
  #permits = 1
  readonly #granted: Granted = { all: 0, slow: 0 }
  readonly #rolePermits = new Map<string, number>()
  readonly #roleGranted = new Map<string, Granted>()
  readonly #waiting = new Set<Request>()
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

  configure(maxSessions: number, now: number): void {
    this.#maxSessions = maxSessions
    if (!this.#isKnown) return
    this.#permits = this.sessions
    this.#admit(now)
  }

  /**
   * Applies the limits read in a database; `limits` is undefined if they cannot be read. `open` are the databases in
   * which pgvitals has a session.
   */
  learn({ name, connection: { user } }: Database, limits: Limits | undefined, open: readonly Database[], now: number): void {
    this.#isKnown = true
    if (limits !== undefined) {
      this.#available = limits.free + open.length
      // If pgvitals has other sessions, those are closed first.
      const isLast = this.#available <= 1
      const ofRole = open.filter(({ connection }) => connection.user === user).length
      const roleLimit = limits.roleFree === undefined ? Number.POSITIVE_INFINITY : Math.max(1, limits.roleFree + ofRole - 1)
      this.#roleLimits.set(user, roleLimit)
      this.#rolePermits.set(user, roleLimit)
      if (isLast || Math.min(limits.roleFree ?? 1, limits.databaseFree ?? 1) < 1) this.#scarce.add(name)
      else this.#scarce.delete(name)
      this.#lastTaken = isLast ? this.#lastTaken + 1 : 0
    } else if (!this.#roleLimits.has(user)) {
      this.#rolePermits.set(user, Number.POSITIVE_INFINITY)
    }
    this.#permits = this.sessions
    this.#admit(now)
  }

  /**
   * Allows parallel connection attempts while the server does not respond: they use none of its connections, and each
   * can wait for a timeout.
   */
  unreachable(now: number): void {
    if (this.#isKnown) return
    this.#isUnreachable = true
    this.#permits = this.#maxSessions
    this.#admit(now)
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

  /** Waits until a database with this role may open a session. `use` is its use of earlier permits, if any. */
  async acquire(user: string, use: PermitUse | undefined, now: number): Promise<Permit> {
    return await new Promise((grant) => {
      this.#waiting.add({ user, use: use ?? { heldMs: slowMs, endedAt: now }, grant })
      this.#admit(now)
    })
  }

  /** Whether another database waits for a permit that a database with this role would release. */
  isAwaited(user: string): boolean {
    return [...this.#waiting].some((request) => request.user === user || this.#hasRoleRoom(request))
  }

  #admit(now: number): void {
    for (let next = this.#next(now); next !== undefined; next = this.#next(now)) {
      this.#waiting.delete(next)
      next.grant(this.#grant(next))
    }
  }

  /** The request that is granted next; undefined if none can be granted. */
  #next(now: number): Request | undefined {
    const possible = [...this.#waiting].filter((request) => hasRoom(this.#permits, this.#granted, request) && this.#hasRoleRoom(request))
    const priority = ({ use: { heldMs, endedAt } }: Request) => (now - endedAt) / Math.max(1, heldMs)
    const highest = Math.max(...possible.map(priority))
    return possible.find((request) => priority(request) === highest)
  }

  #grant({ user, use }: Request): Permit {
    const both = [this.#granted, this.#grantedTo(user)]
    let slow = isSlow(use) ? 1 : 0
    let held = 1
    for (const granted of both) {
      granted.all += held
      granted.slow += slow
    }
    const rest = (now: number) => {
      for (const granted of both) granted.slow -= slow
      slow = 0
      this.#admit(now)
    }
    const release = (now: number) => {
      for (const granted of both) granted.all -= held
      held = 0
      rest(now)
    }
    return { rest, release }
  }

  #grantedTo(user: string): Granted {
    const granted = this.#roleGranted.get(user) ?? { all: 0, slow: 0 }
    this.#roleGranted.set(user, granted)
    return granted
  }

  #hasRoleRoom(request: Request): boolean {
    const permits = this.#rolePermits.get(request.user) ?? (this.#isUnreachable ? this.#maxSessions : 1)
    return hasRoom(permits, this.#grantedTo(request.user), request)
  }
}

/** Whether a permit is free for a database. Of the last ones, slow databases leave one to the others. */
function hasRoom(permits: number, { all, slow }: Granted, { use }: Request): boolean {
  const free = permits - all
  return free > (isSlow(use) && slow > 0 ? 1 : 0)
}

function isSlow({ heldMs }: PermitUse): boolean {
  return heldMs > slowMs
}
