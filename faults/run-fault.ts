import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../bench/scrape.ts'
import { loadQueries } from '../src/query/load.ts'
import type { Context, Fault } from './fault.ts'
import type { Row } from './row.ts'
import type { Seen } from './seen.ts'
import { intervalSeconds, missedTargets } from './targets.ts'
import { ownRoles, type Victim, type World } from './world.ts'

/** A fault that must not be visible lasts so long that every database is polled at least once. */
const defaultHoldSeconds = 20

/** The deadlines for the steps of a fault. They exceed the targets, so that a late result is measured. */
const injectionSeconds = 120
const undoSeconds = 45
const truthSeconds = 60
const recoverySeconds = 60

/** The measurements, and whether the server can be used for the next fault. */
export interface Outcome {
  readonly row: Row
  readonly isUsable: boolean
}

/** Injects a fault, observes the page while it lasts, ends it and waits for the recovery. Never throws. */
export async function runFault(fault: Fault, world: World, victim: Victim, version: string): Promise<Outcome> {
  const { truth } = fault
  const problems: string[] = []
  const steps: (() => unknown)[] = []
  const context: Context = { world, victim, undo: (step) => void steps.push(step) }
  const endsBefore = world.ends.length
  const before = await world.watch.until(10, () => true)
  const failingBefore = new Set(before?.failing(victim.name))
  const observed = observe(world, victim)
  await attempt(problems, 'the injection', injectionSeconds, () => fault.inject(context))
  const injectedAt = Date.now()
  let truthAfter: number | undefined
  let stateAtTruth: string | undefined
  if (truth.isThroughout) {
    let isAlwaysTrue = true
    const remove = world.watch.listen((seen) => {
      void Promise.resolve(seen.scrape.status === 200 && truth.holds(seen, context)).then(
        (holds) => {
          if (!holds && isAlwaysTrue) stateAtTruth = describe(seen, victim)
          isAlwaysTrue &&= holds
        },
        () => {}
      )
    })
    await sleep((fault.holdSeconds ?? defaultHoldSeconds) * 1000)
    remove()
    truthAfter = isAlwaysTrue ? 0 : undefined
    stateAtTruth ??= observed.states()
  } else {
    const isTrue = (seen: Seen) => seen.scrape.status === 200 && seen.scrape.at >= injectedAt && truth.holds(seen, context)
    const found = await world.watch.until(truthSeconds, isTrue)
    truthAfter = found && (found.scrape.at - injectedAt) / 1000
    const last = found ?? (await world.watch.until(6, () => true))
    stateAtTruth = last && describe(last, victim)
    await sleep(Math.max(0, (fault.holdSeconds ?? 0) * 1000 - (Date.now() - injectedAt)))
  }
  for (const step of steps.reverse()) await attempt(problems, 'the end of the fault', undoSeconds, async () => step())
  const endedAt = Date.now()
  // A server that was never down has nothing to recover from, so an older poll is sufficient.
  const isRecovered = (seen: Seen) => isSettled(seen, victim, failingBefore) && (truth.isThroughout || isPolledAfter(seen, victim, endedAt))
  const recovered = await world.watch.until(recoverySeconds, isRecovered)
  if (recovered === undefined) {
    const last = await world.watch.until(6, () => true)
    problems.push(`not recovered: ${last === undefined ? 'no page' : [describe(last, victim), ...last.failing(victim.name)].join(' ')}`)
  }
  const measured = observed.stop()
  const sessionsLeft = await countSessions(victim)
  const ends = world.ends.slice(endsBefore)
  const isUsable = recovered !== undefined || (await rescue(world, victim))
  const row = {
    name: fault.name,
    ...measured,
    saw: truth.isState || truthAfter === undefined ? (stateAtTruth ?? 'no page') : truth.says,
    expected: truth.says,
    truthSeconds: truthAfter === undefined ? null : round(truthAfter, 1),
    recoverySeconds: recovered === undefined ? null : round(Math.max(0, (recovered.scrape.at - endedAt) / 1000), 1),
    sessionsLeft: sessionsLeft ?? null,
    problems: [...problems, ...ends],
    date: new Date().toISOString().slice(0, 10),
    version
  }
  return { row: { ...row, missed: missedTargets(row) }, isUsable }
}

type Measured = Pick<Row, 'statuses' | 'scrapes' | 'p99Milliseconds' | 'othersAgeSeconds' | 'sessionsPeak'>

/** Records all scrapes until `stop`. */
function observe(world: World, { name }: Victim) {
  const times: number[] = []
  const statuses = new Set<number>()
  const ups = new Set<string>()
  const reasons = new Set<string>()
  let [othersAge, sessionsPeak] = [0, 0]
  const remove = world.watch.listen((seen) => {
    const { status, milliseconds, at } = seen.scrape
    statuses.add(status)
    times.push(milliseconds)
    if (status !== 200) return
    sessionsPeak = Math.max(sessionsPeak, seen.sessions(name) ?? 0)
    const polled = seen.polledAt('healthy').filter(({ query }) => frequent.has(query))
    // A page without samples of the healthy server misses the target, like one with old samples.
    const ages = polled.length === 0 ? [Number.POSITIVE_INFINITY] : polled.map((one) => (at - one.at) / 1000)
    othersAge = Math.max(othersAge, ...ages)
    ups.add(String(seen.up(name) ?? 'absent'))
    for (const sample of seen.samples('pgvitals_database_state')) {
      if (sample.labels.server === name && sample.labels.reason !== 'up') reasons.add(sample.labels.reason ?? '')
    }
  })
  return {
    states: () => [`pg_up ${[...ups].sort().reverse().join(' and ')}`, ...[...reasons].sort()].join(', '),
    stop: (): Measured => {
      remove()
      return {
        statuses: [...statuses].sort(),
        scrapes: times.length,
        p99Milliseconds: round(
          quantile(
            times.sort((one, other) => one - other),
            0.99
          ),
          0
        ),
        othersAgeSeconds: Number.isFinite(othersAge) ? round(othersAge, 1) : null,
        sessionsPeak
      }
    }
  }
}

/** The queries whose age shows whether a server is polled at every interval. */
const frequent = new Set(
  loadQueries().flatMap((query) => (query.intervalSeconds <= intervalSeconds && query.scope === 'server' ? [query.name] : []))
)

/** The state of the server on one page. */
export function describe(seen: Seen, { name }: Pick<Victim, 'name'>): string {
  const reasons = seen.samples('pgvitals_database_state').flatMap(({ labels }) => (labels.server === name ? [labels] : []))
  const down = reasons.filter(({ reason }) => reason !== 'up')
  const isSame = down.length === reasons.length && new Set(down.map(({ reason }) => reason)).size === 1
  const databases = isSame ? [down[0]?.reason ?? ''] : down.map(({ datname, reason }) => `${datname} ${reason}`)
  const failing = seen.failing(name).length
  return [
    `pg_up ${seen.up(name) ?? 'absent'}`,
    ...databases,
    ...(failing > 0 && down.length === 0 ? [`${failing} ${failing === 1 ? 'query fails' : 'queries fail'}`] : [])
  ].join(', ')
}

/** Whether the server is up with all databases, and no query fails that did not fail before. */
export function isSettled(seen: Seen, { name }: Pick<Victim, 'name'>, failingBefore: ReadonlySet<string>): boolean {
  const states = seen.samples('pgvitals_database_state').filter(({ labels }) => labels.server === name)
  return (
    seen.scrape.status === 200 &&
    seen.up(name) === 1 &&
    states.every(({ labels }) => labels.reason === 'up') &&
    seen.failing(name).every((query) => failingBefore.has(query))
  )
}

function isPolledAfter(seen: Seen, { name }: Victim, at: number): boolean {
  return seen.polledAt(name).some((one) => frequent.has(one.query) && one.at > at)
}

/** The sessions that pgvitals has on the server, counted by the server itself; undefined if it does not respond. */
async function countSessions({ postgres }: Victim): Promise<number | undefined> {
  const roles = ownRoles.map((role) => `'${role}'`).join(', ')
  const count = postgres.sql(
    'postgres',
    `select count(*)::int as n from pg_stat_activity where usename in (${roles}) and pid <> pg_backend_pid()`
  )
  const rows = await Promise.race([count.catch(() => undefined), sleep(5000, undefined, { ref: false })])
  return rows?.[0] === undefined ? undefined : Number(rows[0].n)
}

/** Restarts a server that did not recover. Returns whether it can be used again. */
async function rescue(world: World, victim: Victim): Promise<boolean> {
  const problems: string[] = []
  await attempt(problems, 'the rescue', undoSeconds, async () => {
    await victim.proxy.reset()
    await victim.postgres.stop()
    await victim.postgres.start()
  })
  return problems.length === 0 && (await world.watch.until(90, (seen) => isSettled(seen, victim, new Set()))) !== undefined
}

async function attempt(problems: string[], what: string, seconds: number, step: () => Promise<unknown>): Promise<void> {
  const deadline = new AbortController()
  try {
    await Promise.race([
      step(),
      sleep(seconds * 1000, undefined, { signal: deadline.signal }).then(() => {
        throw new Error(`not finished after ${seconds} s`)
      })
    ])
  } catch (error) {
    problems.push(`${what} failed: ${String((error as Error).message ?? error).slice(0, 200)}`)
  } finally {
    deadline.abort()
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
