import { type Budget, createBudget } from '../server/budget.ts'
import type { Limits } from '../server/limits.ts'
import type { Database } from '../server/server.ts'
import { slowSeconds } from './back-off.ts'

/** Connections of the server that stay free for others, as far as that is ours to decide. */
const leftFree = 3

/** How many sessions there is room for on one server: by the configuration, by free connections, by each role's limit. */
export class Room {
  /** One until the first database was visited, so that nothing is taken before it is known what is left. */
  readonly #server: Budget = createBudget(1)
  readonly #roles = new Map<string, Budget>()
  readonly #roleLimits = new Map<string, number>()
  /** Databases whose last free connection would be ours, were the session kept. */
  readonly #scarce = new Set<string>()
  /** How often in a row a visit took the last connection that the server had free. */
  #lastTaken = 0
  #maxSessions: number
  #available = Number.POSITIVE_INFINITY
  #isKnown = false

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions
  }

  resize(maxSessions: number): void {
    this.#maxSessions = maxSessions
    if (this.#isKnown) this.#server.resize(this.places)
  }

  /** A database was visited; with its limits where they can be read. `open` are those where a session of ours is open. */
  learn({ name, connection: { user } }: Database, limits: Limits | undefined, open: readonly Database[]): void {
    this.#isKnown = true
    if (limits !== undefined) {
      this.#available = limits.free + open.length
      // While there are others of ours they are given up first.
      const isLast = this.#available <= 1
      const held = open.filter(({ connection }) => connection.user === user).length
      const ofRole = limits.roleFree === undefined ? Number.POSITIVE_INFINITY : Math.max(1, limits.roleFree + held - 1)
      this.#roleLimits.set(user, ofRole)
      this.#role(user).resize(ofRole)
      if (isLast || Math.min(limits.roleFree ?? 1, limits.databaseFree ?? 1) < 1) this.#scarce.add(name)
      else this.#scarce.delete(name)
      this.#lastTaken = isLast ? this.#lastTaken + 1 : 0
    }
    this.#server.resize(this.places)
  }

  /** Nobody answered, so that trying at several databases at once takes nothing; one after the other would take long to know. */
  unanswered(): void {
    if (!this.#isKnown) this.#server.resize(this.#maxSessions)
  }

  /** How many sessions there may be. */
  get places(): number {
    return Math.max(1, Math.min(this.#maxSessions, this.#available - leftFree))
  }

  /** How many of them this role may have. */
  placesOf(user: string): number {
    return Math.min(this.places, this.#roleLimits.get(user) ?? Number.POSITIVE_INFINITY)
  }

  /** Whether a session may stay open between visits. */
  mayKeep(name: string): boolean {
    return !this.#scarce.has(name)
  }

  /** How long the server's last free connection is left to others. */
  get waitSeconds(): number {
    return this.#lastTaken === 0 ? 0 : slowSeconds(this.#lastTaken)
  }

  /** Whether connections are so few that there is one session and no other. */
  get isTight(): boolean {
    return this.#available - leftFree <= 1
  }

  /** Waits until this role may have a session. */
  async acquire(user: string): Promise<() => void> {
    const leaveRole = await this.#role(user).acquire()
    const leaveServer = await this.#server.acquire()
    return () => {
      leaveServer()
      leaveRole()
    }
  }

  #role(user: string): Budget {
    const budget = this.#roles.get(user) ?? createBudget(1)
    this.#roles.set(user, budget)
    return budget
  }
}
