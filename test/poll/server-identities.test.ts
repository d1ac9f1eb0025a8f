import { test } from 'tap'
import { type Seen, ServerIdentities } from '../../src/poll/server-identities.ts'

const minute = 60_000

/** A server with this system identifier that started at this time. */
const server = (systemIdentifier: string, startedAt: number, major = 18) => ({ systemIdentifier, startedAt, major })

/** Whether each response, at its time in minutes, replaces the previous server. */
function replacements(responses: readonly (readonly [number, ReturnType<typeof server> | Seen])[], longestMs = 0): readonly boolean[] {
  const identities = new ServerIdentities()
  return responses.map(([at, one]) => {
    if ('identity' in one) return identities.responded(one, at * minute, longestMs)
    const { systemIdentifier, startedAt, major } = one
    const identity = { systemIdentifier, startTime: String(startedAt), uptimeSeconds: (at - startedAt) * 60 }
    return identities.responded({ identity, major }, at * minute, longestMs)
  })
}

const [a, b, c] = [server('1', -100), server('2', -100), server('3', -100)]

test('another system identifier or major version is another server', async (t) => {
  t.same(
    replacements([
      [0, a],
      [1, a],
      [2, b],
      [3, b]
    ]),
    [false, false, true, false]
  )
  t.same(
    replacements([
      [0, a],
      [1, { ...a, major: 17 }]
    ]),
    [false, true]
  )
})

test('a restart is not another server, but a standby that was running before is', async (t) => {
  t.same(
    replacements([
      [0, a],
      [5, server('1', 3)]
    ]),
    [false, false]
  )
  t.same(
    replacements([
      [0, a],
      [5, server('1', -3)]
    ]),
    [false, true]
  )
  t.same(
    replacements([
      [0, server('', -100)],
      [5, server('', -3)]
    ]),
    [false, true],
    'also without privilege on the system identifier'
  )
})

test('values that cannot be read are assumed to be equal', async (t) => {
  const unknown = { identity: undefined, major: 18 }
  t.same(
    replacements([
      [0, unknown],
      [1, a],
      [2, unknown],
      [3, a],
      [4, server('', -100)]
    ]),
    [false, false, false, false, false]
  )
  t.same(
    replacements([
      [0, unknown],
      [1, { ...unknown, major: 17 }]
    ]),
    [false, true]
  )
  t.same(
    replacements([
      [0, a],
      [1, unknown],
      [2, b]
    ]),
    [false, false, true],
    'the last known identity counts'
  )
})

test('a response whose identity cannot be read is that of the server that responded last', async (t) => {
  const unknown = { identity: undefined, major: 18 }
  t.same(
    replacements([
      [0, a],
      [1, b],
      [1.1, unknown],
      [1.2, b],
      [1.3, unknown],
      [2, c]
    ]),
    [false, true, false, false, false, true],
    'it does not show that the replaced server responds in turn'
  )
})

test('servers that respond in turn do not replace each other, except once at the beginning', async (t) => {
  const turns = (servers: readonly ReturnType<typeof server>[], every: number, longestMs = 0) =>
    replacements(
      Array.from({ length: 60 }, (_, index) => [index * every, servers[index % servers.length] ?? a] as const),
      longestMs
    ).filter(Boolean).length
  t.equal(turns([a, b], 0.25), 1)
  t.equal(turns([a, b, c], 1), 2)
  t.equal(turns([a, b], 5, 5 * minute), 1)
  t.equal(turns([a, b], 11, 11 * minute), 1, 'also if the interval between cycles is long')
  t.equal(turns([a, b], 30), 59, 'a server that responds for half an hour has replaced the other one')
})

test('a server that replaces another can be replaced', async (t) => {
  const identities = new ServerIdentities()
  const responded = (systemIdentifier: string, at: number) =>
    identities.responded({ identity: { systemIdentifier, startTime: '1', uptimeSeconds: 1e6 }, major: 18 }, at * minute)
  t.same([responded('1', 0), responded('2', 1), identities.areSeveral, responded('3', 2)], [false, true, false, true])
  t.same([responded('2', 3), identities.areSeveral], [false, true])
  t.same([responded('2', 30), identities.areSeveral], [false, false], 'the other one is forgotten')
})
