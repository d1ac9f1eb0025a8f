import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import { ConnectionLimiter } from '../../src/poll/connection-limiter.ts'
import { HeldConnection } from '../../src/poll/held-connection.ts'
import { connection, makeDatabase } from './make-server.ts'

/** Databases that repeat cycles of this duration, at this interval or, if a cycle takes longer, immediately. */
interface Load {
  readonly name: string
  readonly databases: number
  readonly cycleSeconds: number
  readonly intervalSeconds: number
  /** The time at which the databases are created. */
  readonly fromSeconds?: number
}

interface Limits {
  readonly permits: number
  readonly roleFree?: number
}

const slow: Load = { name: 'slow', databases: 40, cycleSeconds: 40, intervalSeconds: 15 }
const quick: Load = { name: 'quick', databases: 4, cycleSeconds: 0.05, intervalSeconds: 15 }

/** The longest waits for a permit by name of the load, in seconds of virtual time, of the requests after `warmSeconds`. */
async function longestWaits(loads: readonly Load[], limits: Limits, seconds: number, warmSeconds = 0): Promise<Record<string, number>> {
  let now = 0
  const events: { readonly at: number; readonly run: () => void }[] = []
  const at = (time: number, run: () => void) => void events.push({ at: time, run })
  const limiter = new ConnectionLimiter(limits.permits)
  limiter.learn(makeDatabase('d'), { free: 50, roleFree: limits.roleFree, databaseFree: undefined }, [], now)
  const waits: Record<string, number> = {}
  /** The times at which requests that still wait were made. */
  const waiting = new Map<HeldConnection, { readonly name: string; readonly since: number }>()
  const waited = ({ name, since }: { readonly name: string; readonly since: number }) => {
    if (now > warmSeconds * 1000) waits[name] = Math.max(waits[name] ?? 0, (now - Math.max(since, warmSeconds * 1000)) / 1000)
  }
  for (const { name, databases, cycleSeconds, intervalSeconds, fromSeconds = 0 } of loads) {
    for (let index = 0; index < databases; index++) {
      const held = new HeldConnection(limiter, { now: () => now })
      const cycle = async () => {
        const request = { name, since: now }
        waiting.set(held, request)
        await held.permit(connection)
        waiting.delete(held)
        waited(request)
        at(now + cycleSeconds * 1000, async () => {
          await held.endCycle('close')
          at(Math.max(now, request.since + intervalSeconds * 1000), cycle)
        })
      }
      at(fromSeconds * 1000, cycle)
    }
  }
  while (now < seconds * 1000) {
    await turn()
    events.sort((left, right) => left.at - right.at)
    const next = events.shift()
    if (next === undefined) break
    now = next.at
    next.run()
  }
  for (const request of waiting.values()) waited(request)
  return waits
}

test('slow databases that hold permits all the time do not delay the others', async (t) => {
  const waits = await longestWaits([slow, quick], { permits: 4 }, 3000, 600)
  t.ok(Number(waits.quick) <= 0.2, `quick databases wait ${waits.quick} s, for one another only`)
  t.ok(Number(waits.slow) <= (2 * 40 * 40) / 3, `slow databases wait ${waits.slow} s, for one another in turn`)
})

test('with one permit, a database waits for one cycle of a slow database', async (t) => {
  const waits = await longestWaits([slow, quick], { permits: 1 }, 6000, 2000)
  t.ok(Number(waits.quick) <= 40.2, `${waits.quick} s`)
  t.ok(Number(waits.slow) <= 2 * 40 * 40, `${waits.slow} s`)
})

test('slow databases do not use up the connection limit of a role', async (t) => {
  const waits = await longestWaits([slow, quick], { permits: 10, roleFree: 3 }, 3000, 1000)
  t.ok(Number(waits.quick) <= 0.2, `${waits.quick} s`)
})

test('databases that request permits without a pause do not keep a slow one from its cycle', async (t) => {
  const busy: Load = { name: 'busy', databases: 20, cycleSeconds: 1, intervalSeconds: 0 }
  for (const permits of [1, 3]) {
    const waits = await longestWaits([busy, { ...slow, databases: 1 }], { permits }, 2000)
    t.ok(Number(waits.slow) <= (2 * 20 * 41) / permits, `${waits.slow} s with ${permits} permits`)
    t.ok(Number(waits.busy) <= 2 * (20 * 2 + 41), `${waits.busy} s`)
  }
})

test('new databases that are slow delay each of the others by one cycle at most', async (t) => {
  const created: Load = { ...slow, name: 'created', databases: 100, fromSeconds: 100 }
  const waits = await longestWaits([quick, created], { permits: 2 }, 3000)
  t.ok(Number(waits.quick) <= 40.2, `${waits.quick} s`)
})

test('a slow database whose cycles become short is no longer slow after a few of them', async (t) => {
  let now = 0
  const limiter = new ConnectionLimiter(2)
  limiter.learn(makeDatabase('d'), undefined, [], now)
  const [held, other] = [0, 1].map(() => new HeldConnection(limiter, { now: () => now })) as [HeldConnection, HeldConnection]
  const cycle = async (one: HeldConnection, seconds: number) => {
    await one.permit(connection)
    now += seconds * 1000
    await one.endCycle('close')
  }
  await cycle(other, 40)
  await cycle(held, 40)
  await other.permit(connection)
  let isGranted = false
  const granted = held.permit(connection).then(() => {
    isGranted = true
  })
  await turn()
  t.notOk(isGranted, 'the last permit is left to quick databases')
  await other.endCycle('keep')
  await granted
  t.ok(isGranted, 'a session between its cycles does not count')
  await held.endCycle('close')
  for (let cycles = 0; cycles < 3; cycles++) await cycle(held, 0.1)
  await other.endCycle('close')
  await other.permit(connection)
  await held.permit(connection)
  t.pass('both have permits')
})

test('the time between the cycles of a kept session does not count as use', async (t) => {
  let now = 0
  const limiter = new ConnectionLimiter(1)
  limiter.learn(makeDatabase('d'), undefined, [], now)
  const [held, other] = [0, 1].map(() => new HeldConnection(limiter, { now: () => now })) as [HeldConnection, HeldConnection]
  await held.permit(connection)
  now += 100
  await held.endCycle('keep')
  const order: string[] = []
  const first = other.permit(connection).then(() => void order.push('other'))
  now += 3_600_000
  await held.leave()
  await first
  const again = held.permit(connection).then(() => void order.push('held'))
  const third = new HeldConnection(limiter, { now: () => now })
  const last = third.permit(connection).then(() => void order.push('third'))
  now += 1000
  await other.leave()
  await again
  await held.leave()
  await last
  t.same(order, ['other', 'held', 'third'])
})
