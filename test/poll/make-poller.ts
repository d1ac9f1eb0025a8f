import { pino } from 'pino'
import type { Found } from '../../src/poll/found.ts'
import type { Outcome } from '../../src/poll/poll-query.ts'
import { Scrapers } from '../../src/poll/scrapers.ts'
import { ServerPoller } from '../../src/poll/server-poller.ts'
import type { Query } from '../../src/query/query.ts'
import type { Server } from '../../src/server/server.ts'

const success: Outcome = {
  seconds: 0.01,
  result: { rows: 1, values: [], texts: [], dropped: { rows: 0, budget: 0, bytes: 0, duplicate: 0, illegal: 0 } },
  failure: undefined
}

/** A cycle of a database that finds this out at `startedAt`, or when it has waited for its permit until `learnedAt`. */
interface MadeCycle {
  readonly name: string
  readonly found: Found
  readonly startedAt: number
  readonly learnedAt?: number
  readonly outcome?: Outcome
}

/** A poller, its scrapers, what it has logged, and a function that runs one cycle and returns the names of the polled queries. */
export function makePoller(server: Server, queries: readonly Query[]) {
  const logged: { readonly level: number; readonly msg: string }[] = []
  const log = pino({ base: null }, { write: (line) => void logged.push(JSON.parse(line)) })
  const scrapers = new Scrapers()
  const options = { queries, scrapers, sessionMaxAgeSeconds: 1800, discoverySeconds: 60, pollCostShare: 0.02, log }
  const poller = new ServerPoller(server, options, 0)
  const runCycle = ({ name, found, startedAt, learnedAt = startedAt, outcome = success }: MadeCycle): readonly string[] => {
    const cycle = poller.begin(name, startedAt)
    if (cycle === undefined) throw new Error(`${name} has a cycle in progress`)
    poller.learn(cycle, found, learnedAt)
    const polled: string[] = []
    for (let due = poller.next(cycle, learnedAt); due !== undefined; due = poller.next(cycle, learnedAt)) {
      polled.push(due.query.name)
      poller.done(cycle, due, outcome, learnedAt)
    }
    poller.finish(cycle, learnedAt)
    return polled
  }
  return { poller, scrapers, logged, runCycle }
}
