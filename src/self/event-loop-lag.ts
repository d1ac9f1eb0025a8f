import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { type Clock, systemClock } from '../clock.ts'

/** The lag of the event loop in the last one to two minutes, in seconds. */
export interface Lag {
  readonly mean: number
  readonly max: number
  readonly percentile: (percent: number) => number
}

export interface EventLoopLag {
  /** Records that the process works. The lag is then measured often. */
  readonly working: () => void
  /** Measures the lag often until a response has been processed: the stall begins when it arrives. */
  readonly during: <Value>(response: Promise<Value>) => Promise<Value>
  readonly read: () => Lag
}

/** The period of the timer during work. A stall is measured without its first 50 ms at most. */
const workingMs = 50
/** The period of the timer without work. */
const idleMs = 5000
/** The process is considered to work for this time after the last record. */
const lingerMs = 100
/** Samples are kept for one to two of these periods, so that a scraper of any interval up to a minute receives every maximum. */
const periodMs = 60_000

/**
 * Measures how late timers run. Only work can stall the event loop, so the timer runs every 50 ms during work and every five
 * seconds otherwise: a timer that always runs often, as that of `monitorEventLoopDelay`, would use a quarter of the CPU of
 * an idle process. The timer does not keep the process alive.
 */
export function measureEventLoopLag(clock: Clock = systemClock): EventLoopLag {
  let [current, previous] = [createSamples(), createSamples()]
  let periodEnd = clock.now() + periodMs
  let workEnd = 0
  /** The number of responses that are awaited. */
  let awaited = 0
  let due = 0
  let timer: NodeJS.Timeout | undefined

  function arm(now: number): void {
    const ms = awaited > 0 || now < workEnd ? workingMs : idleMs
    due = now + ms
    clearTimeout(timer)
    timer = setTimeout(measure, ms).unref()
  }

  function measure(): void {
    const now = clock.now()
    current.record(Math.max(1, Math.round((now - due) * 1000)))
    if (now > periodEnd) {
      ;[current, previous] = [createSamples(), current]
      periodEnd = now + periodMs
    }
    arm(now)
  }

  function working(): void {
    const now = clock.now()
    workEnd = now + lingerMs
    // A timer that is due already measures the current stall.
    if (due > now + workingMs) arm(now)
  }

  arm(clock.now())
  return {
    working,
    during: async (response) => {
      awaited++
      working()
      try {
        return await response
      } finally {
        awaited--
      }
    },
    read: () => {
      const all = createSamples()
      all.add(current)
      all.add(previous)
      const seconds = (microseconds: number) => microseconds / 1e6
      return all.count === 0
        ? { mean: 0, max: 0, percentile: () => 0 }
        : { mean: seconds(all.mean), max: seconds(all.max), percentile: (percent) => seconds(all.percentile(percent)) }
    }
  }
}

/** A histogram of microseconds, with two significant digits, up to one hour. */
function createSamples(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 2 })
}
