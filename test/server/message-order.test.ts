import { test } from 'tap'
import { classOf } from '../../src/server/error-class.ts'
import { MessageOrder, maxIdleBytes, type State } from '../../src/server/message-order.ts'

const login = ['R0', 'S', 'S', 'K', 'Z'] as const
const scram = ['R10', 'R11', 'R12'] as const

/** The state after these messages, of which those in brackets begin an exchange; the error if one is not expected. */
function after(...kinds: readonly string[]): State | string {
  const order = new MessageOrder()
  try {
    for (const kind of kinds) {
      const begun = /^<(.*)>$/.exec(kind)?.[1]
      if (begun === undefined) order.accept(kind, 10)
      else order.begin(begun as Parameters<MessageOrder['begin']>[0])
    }
    return order.state
  } catch (error) {
    return `${classOf(error)}: ${(error as Error).message}`
  }
}

const refused = /^network: the server sent an unexpected message/

test('every login of PostgreSQL and PgBouncer is accepted', async (t) => {
  for (const authentication of [[], ['R3'], ['R5'], scram]) t.equal(after(...authentication, ...login), 'idle', authentication.join())
  t.equal(after('N', ...scram, 'R0', 'S', 'K', 'N', 'A', 'Z'), 'idle', 'notices and notifications')
  for (const step of [0, 1, 2, 3]) t.equal(after(...scram.slice(0, step), 'E'), 'ended', 'an error at any step')
})

test('a login out of order is refused', async (t) => {
  const wrong: readonly (readonly string[])[] = [
    // A server without the verifier of the password.
    ['R10', 'R0'],
    ['R10', 'R11', 'R0'],
    ['R10', 'R12'],
    // Each of them makes the client calculate or write.
    ['R10', 'R10'],
    ['R10', 'R11', 'R11'],
    ['R3', 'R3'],
    ['R5', 'R3'],
    ['R0', 'R3'],
    [...login, 'R3'],
    [...login, '<parsed>', 'R3'],
    ['S'],
    ['K'],
    ['Z'],
    ['v'],
    ['T'],
    ['R0', 'D'],
    ['R0', 'K', 'C'],
    ['E', 'Z']
  ]
  for (const kinds of wrong) t.match(after(...kinds), refused, kinds.join(' '))
})

test('every answer to a statement is accepted', async (t) => {
  const answers = {
    rows: ['<parsed>', '1', '2', 'T', 'D', 'N', 'D', 'S', 'C', 'Z'],
    'a prepared statement, others closed': ['<parsed>', '3', '3', '2', 'T', 'C', 'Z'],
    'a command before it': ['<before>', '1', '2', 'C', '1', '2', 'T', 'D', 'C', 'Z'],
    'a command before it fails': ['<before>', '1', '2', 'E', 'Z'],
    'an empty statement': ['<parsed>', '1', '2', 'n', 'I', 'Z'],
    'no columns': ['<parsed>', '1', '2', 'n', 'C', 'Z'],
    'an error after rows': ['<parsed>', '1', '2', 'T', 'D', 'E', 'Z'],
    'an error at the end of the transaction': ['<parsed>', '1', '2', 'T', 'C', 'E', 'Z'],
    'copied rows': ['<parsed>', '1', '2', 'n', 'H', 'd', 'd', 'c', 'C', 'Z'],
    'a request for rows': ['<parsed>', '1', '2', 'n', 'G', 'E', 'Z'],
    commands: ['<commands>', 'C', 'C', 'S', 'C', 'Z'],
    'commands with rows': ['<commands>', 'T', 'D', 'C', 'T', 'D', 'C', 'Z'],
    'commands with an error': ['<commands>', 'C', 'E', 'Z']
  }
  for (const [name, kinds] of Object.entries(answers)) {
    t.equal(after(...login, ...kinds), 'idle', name)
    t.equal(after(...login, ...kinds, 'A', ...kinds), 'idle', `${name}, twice`)
  }
})

test('a message that would shift answers to other statements is refused', async (t) => {
  const wrong: readonly (readonly string[])[] = [
    ['Z'],
    ['D'],
    ['C'],
    ['T'],
    ['<parsed>', 'Z'],
    ['<parsed>', '1', '2', 'Z'],
    ['<parsed>', '1', '2', 'C'],
    ['<parsed>', '1', '2', 'D'],
    ['<parsed>', '1', '2', 'T', 'D', 'Z'],
    ['<parsed>', '1', '2', 'T', 'T'],
    ['<parsed>', '1', '2', 'T', 'C', 'C'],
    ['<parsed>', '1', '2', 'T', 'C', 'D'],
    ['<parsed>', '1', '2', 'T', 's'],
    ['<parsed>', '1', '2', 'T', 'C', 'Z', 'Z'],
    ['<parsed>', '1', '2', 'n', 'D'],
    ['<parsed>', '1', '2', 'n', 'W'],
    ['<parsed>', '1', '2', 'n', 'G', 'G'],
    ['<parsed>', 'E', 'C'],
    ['<before>', '1', '2', 'T'],
    ['<commands>', 'Z'],
    ['<commands>', 'G'],
    ['<commands>', 'C', 'Z', 'Z']
  ]
  for (const kinds of wrong) t.match(after(...login, ...kinds), refused, kinds.join(' '))
})

test('floods of valid messages are limited at the login, between statements and in a statement', async (t) => {
  const flood = (begin: readonly string[], kind: string, bytes: number, isInStatement = false) => {
    const order = new MessageOrder()
    for (const one of begin) order.accept(one, 10)
    if (isInStatement) {
      order.begin('parsed')
      order.accept('T', 10)
    }
    for (let count = 0; ; count++) {
      try {
        order.accept(kind, bytes)
      } catch (error) {
        return { count, errorClass: classOf(error) }
      }
    }
  }
  t.same(flood([], 'N', 1024), { count: maxIdleBytes / 1024, errorClass: 'network' }, 'notices before the login')
  t.same(flood([], 'N', 5), { count: maxIdleBytes / 32, errorClass: 'network' }, 'a small message counts with what reading it costs')
  t.same(flood(['R0'], 'S', 10), { count: 1023, errorClass: 'network' }, 'parameters')
  t.same(flood(login, 'A', 10), { count: 1024, errorClass: 'network' }, 'notifications')
  t.same(flood(login, 'S', 10, true), { count: 1023, errorClass: 'resources' }, 'parameters in a statement')
  t.same(flood(login, 'D', 100_000, true), { count: 2681, errorClass: 'resources' }, 'rows')
})
