import { mock } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'tap'
import { measureEventLoopLag } from '../../src/self/event-loop-lag.ts'

test('a stall of 100 ms during work is measured without its first 50 ms at most', async (t) => {
  const lag = measureEventLoopLag()
  lag.working()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  await wait(10)
  t.ok(lag.read().max >= 0.049, `${lag.read().max}`)
  t.ok(lag.read().percentile(99) >= 0.049)
})

test('without work the timer runs every five seconds, during work every 50 ms', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let [now, reads] = [0, 0]
  const lag = measureEventLoopLag({
    now: () => {
      reads++
      return now
    }
  })
  const measurementsIn = (ms: number) => {
    reads = 0
    for (let passed = 0; passed < ms; passed++) {
      now++
      mock.timers.tick(1)
    }
    return reads
  }
  t.equal(measurementsIn(60_000), 12)
  lag.working()
  t.equal(measurementsIn(100), 2)
  lag.working()
  lag.working()
  t.equal(measurementsIn(100), 2, 'a second report does not add a timer')
  t.equal(measurementsIn(10_000), 2)
})

test('a stall after a long wait for a response is measured', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let now = 0
  const lag = measureEventLoopLag({ now: () => now })
  const pass = (ms: number, step: number) => {
    for (let passed = 0; passed < ms; passed += step) {
      now += step
      mock.timers.tick(step)
    }
  }
  let respond = () => {}
  const response = new Promise<void>((resolve) => {
    respond = resolve
  })
  const processed = lag.during(response)
  pass(1000, 10)
  pass(300, 300)
  respond()
  await processed
  t.ok(lag.read().max >= 0.24, `${lag.read().max}`)
  pass(200, 10)
  const { mean } = lag.read()
  pass(4000, 10)
  t.equal(lag.read().mean, mean, 'no measurement in the next four seconds')
})

test('the longest lag is exported for one to two minutes', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let now = 0
  const lag = measureEventLoopLag({ now: () => now })
  const pass = (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      now += 1000
      mock.timers.tick(1000)
    }
  }
  t.equal(lag.read().max, 0, 'before the first measurement')
  pass(10)
  now += 500
  pass(5)
  t.ok(Math.abs(lag.read().max - 0.5) < 0.01, `${lag.read().max}`)
  pass(60)
  t.ok(lag.read().max > 0.4)
  pass(70)
  t.ok(lag.read().max < 0.1)
})
