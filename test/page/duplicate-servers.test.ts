import { test } from 'tap'
import { duplicatesOf, findDuplicates } from '../../src/page/duplicate-servers.ts'
import { unpolled } from '../../src/poll/polled-database.ts'

/** A server whose databases responded with these identities, `system start`. */
const server = (name: string, ...identities: readonly string[]) => ({
  server: name,
  states: identities.map((identity) => {
    const [systemIdentifier = '', startTime = ''] = identity.split(' ')
    return { ...unpolled('d'), isUp: true, identity: { systemIdentifier, startTime } }
  })
})

test('servers with one system identifier and start time are duplicates; a standby is not', async (t) => {
  const groups = findDuplicates([server('b', '1 10'), server('a', '1 10'), server('standby', '1 20'), server('other', '2 10')])
  t.same(groups, [['a', 'b']])
  t.same(
    ['a', 'b', 'standby'].map((name) => duplicatesOf(name, groups)),
    [1, 1, 0]
  )
})

test('a reader endpoint is a duplicate of each server behind it', async (t) => {
  const groups = findDuplicates([server('a', '1 10'), server('b', '1 20'), server('reader', '1 10', '1 20')])
  t.same(
    ['a', 'b', 'reader'].map((name) => duplicatesOf(name, groups)),
    [1, 1, 2]
  )
})

test('a server that is down or cannot be identified is not a duplicate', async (t) => {
  const down = { server: 'down', states: server('down', '1 10').states.map((state) => ({ ...state, isUp: false })) }
  t.same(findDuplicates([server('a', '1 10'), down, { server: 'unknown', states: [unpolled('d')] }]), [])
})
