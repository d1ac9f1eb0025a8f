import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, systemClock } from '../clock.ts'
import type { Meter } from '../self/meter.ts'
import { HeldConnection } from './held-connection.ts'
import { runPollCycle } from './poll-cycle.ts'
import type { ServerPoller } from './server-poller.ts'

/** The maximum duration of the introduction, in which cycles only connect. */
const introductionMs = 500
/** The time that running cycles have to end before their sessions are closed. */
const graceMs = 2000
/** The longest timer. Node.js does not support timers of 2^31 milliseconds or more. */
const longestTimerMs = 3_600_000

/** Starts the poll cycles of one server's databases with a timer, and owns their connections. */
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

  /** Starts the cycles that are due and sets the timer for the next one. Must be called after every change of the poller. */
  wake(): void {
    if (!this.#isStarted || this.#isStopped) return
    clearTimeout(this.#timer)
    this.#closeRemoved()
    // A removed database of the same name may still have a cycle in progress. The end of that cycle wakes the loop.
    const due = this.#poller.due(this.#clock.now()).filter((name) => !this.#running.has(name))
    for (const name of due) void this.#run(name).then(() => this.wake())
    const next = this.#poller.nextCycle(this.#running)
    if (!Number.isFinite(next)) return
    const ms = Math.min(longestTimerMs, Math.max(0, next - this.#clock.now()))
    this.#timer = setTimeout(() => this.wake(), ms).unref()
  }

  /** Polls everything once: first reads what each role may see, then polls all queries. */
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
    const connection = this.#connections.get(name) ?? new HeldConnection(this.#poller.limiter, this.#clock)
    this.#connections.set(name, connection)
    const cycle = runPollCycle(name, { poller: this.#poller, connection, clock: this.#clock, meter: this.#meter })
    this.#running.set(name, cycle)
    await cycle
    this.#running.delete(name)
  }

  /** Closes the sessions of removed databases and deletes their counters. */
  #closeRemoved(): void {
    const names = new Set(this.#poller.names)
    for (const [name, connection] of this.#connections) {
      if (names.has(name) || this.#running.has(name)) continue
      this.#connections.delete(name)
      void connection.leave()
      this.#meter.forget({ server: this.#poller.server.name, datname: name })
    }
  }
}
