import { pino } from 'pino'
import { test } from 'tap'
import { Choices } from '../../src/poll/choices.ts'
import { unvisited } from '../../src/poll/database-state.ts'
import { placeOf } from '../../src/poll/record.ts'
import { Snapshots } from '../../src/poll/snapshots.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { createMeter } from '../../src/self/meter.ts'
import type { ErrorClass } from '../../src/server/error-class.ts'
import type { Facts } from '../../src/server/facts.ts'

const query = parseQuery('q.sql', '-- Q.\n--\n-- scope: server\n-- gauge a: A.\nselect 1 as a')
const facts: Facts = { role: 'r', version: [18], isStandby: false, extensions: new Map(), capabilities: new Set() }
const states = ['a', 'b', 'c'].map((name) => ({ ...unvisited, name, isUp: true, facts }))

/** Fails a server-wide query where it runs, waits so long, and answers where it runs then. */
function nextHost(choices: Choices, snapshots: Snapshots, errorClass: ErrorClass, wait: (seconds: number) => void, seconds: number) {
  const [host = ''] = choices.make([query], states).hosts
  const state = states.find(({ name }) => name === host)
  snapshots.fail(placeOf(query, 's', host), 15, 0, { errorClass, message: '' })
  if (state !== undefined) choices.polled(query, state)
  wait(seconds)
  return choices.make([query], states).hosts[0]
}

test('what one database cannot tell is asked of each other one: for ten minutes for want of a right, for good by its encoding', async (t) => {
  const now = performance.now.bind(performance)
  let waited = 0
  t.teardown(() => Object.assign(performance, { now }))
  Object.assign(performance, { now: () => now() + waited * 1000 })
  for (const [errorClass, hosts] of [
    ['privilege', ['b', 'a']],
    ['encoding', ['b', 'c']],
    ['timeout', ['a', 'a']]
  ] as const) {
    const snapshots = new Snapshots()
    const choices = new Choices('s', { snapshots, meter: createMeter('0'), log: pino({ level: 'silent' }) })
    const wait = (seconds: number) => {
      waited += seconds
    }
    t.equal(nextHost(choices, snapshots, errorClass, wait, 300), hosts[0], errorClass)
    t.equal(nextHost(choices, snapshots, errorClass, wait, 301), hosts[1], `${errorClass}, later`)
  }
})
