import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, systemClock } from '../clock.ts'
import type { Meter } from '../self/meter.ts'
import { HeldConnection } from './held-connection.ts'
import { runPollCycle } from './poll-cycle.ts'
import type { ServerPoller } from './server-poller.ts'

/** How long queries wait for the databases whose roles are not known yet. */
const introductionMs = 500
/** How long a poll that is running may take to end by itself. */
const graceMs = 2000
/** Timers of Node are limited to 31 bits of milliseconds. */
const longestTimerMs = 3_600_000

/** The timer that starts the poll cycles of one server's databases, and their connections. */
export class PollLoop {
  readonly #poller: ServerPoller
  readonly #meter: Meter
  readonly #clock: Clock
  readonly #connections = new Map<string, HeldConnection>()
  readonly #running = new Map<string, Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #isStarted = false
  #isIntroduced = false
  #isStopped = false

  constructor(poller: ServerPoller, meter: Meter, clock: Clock = systemClock) {
    this.#poller = poller
    this.#meter = meter
    this.#clock = clock
  }

  start(): void {
    this.#isStarted = true
    this.#poller.introduceUntil(this.#clock.now() + introductionMs)
    this.wake()
  }

  /** Starts what is due and arms the timer for what is due next. To be called after every change of the poller. */
  wake(): void {
    if (!this.#isStarted || this.#isStopped) return
    clearTimeout(this.#timer)
    this.#closeRemoved()
    // A removed database of the same name may still have a cycle in progress, whose end wakes the loop again.
    const due = this.#poller.due(this.#clock.now()).filter((name) => !this.#running.has(name))
    for (const name of due) void this.#run(name).then(() => this.wake())
    const next = this.#poller.nextCycle(this.#running)
    if (!Number.isFinite(next)) return
    const ms = Math.min(longestTimerMs, Math.max(0, next - this.#clock.now()))
    this.#timer = setTimeout(() => this.wake(), ms).unref()
  }

  /** Polls everything once: first what every role may see, then all queries. */
  async pollOnce(): Promise<void> {
    if (!this.#isIntroduced) {
      this.#poller.introduceUntil(Number.POSITIVE_INFINITY)
      await this.#runAll(this.#poller.due(this.#clock.now()))
      this.#poller.endIntroduction()
      this.#isIntroduced = true
    }
    await this.#runAll(this.#poller.names)
  }

  /** Ends all cycles and sessions. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#poller.stop()
    await Promise.race([Promise.all(this.#running.values()), wait(graceMs, undefined, { ref: false })])
    await Promise.all([...this.#connections.values()].map((connection) => connection.leave()))
  }

  async #runAll(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#run(name)))
  }

  async #run(name: string): Promise<void> {
    const connection = this.#connections.get(name) ?? new HeldConnection(this.#poller.limiter)
    this.#connections.set(name, connection)
    const cycle = runPollCycle(name, { poller: this.#poller, connection, clock: this.#clock, meter: this.#meter })
    this.#running.set(name, cycle)
    await cycle
    this.#running.delete(name)
  }

  /** A removed database loses its session and what was counted about it. */
  #closeRemoved(): void {
    const names = new Set(this.#poller.names)
    for (const [name, connection] of this.#connections) {
      if (names.has(name) || this.#running.has(name)) continue
      this.#connections.delete(name)
      void connection.leave()
      void this.#meter.forget({ server: this.#poller.server.name, datname: name })
    }
  }
}
