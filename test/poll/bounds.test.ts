import { pino } from 'pino'
import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { boundsOf } from '../../src/poll/bounds.ts'
import { Finder } from '../../src/poll/finder.ts'
import { Snapshots } from '../../src/poll/snapshots.ts'
import type { Server } from '../../src/server/server.ts'

const connection = parseDatabaseUrl('postgresql://u:p@h/postgres')

const serverOf = (names: readonly string[], exclude: readonly RegExp[] = []): Server => ({
  name: 's',
  databases: names.map((name) => ({ name, connection, team: '', access: new Map(), quotaBytes: undefined })),
  discovery: { include: [/^app_/], exclude, connection },
  maxSessions: 4,
  maxSamplesPerDatabase: 1000,
  capacityBytes: undefined,
  dataDirectory: undefined
})
const bounds = (server: Server, datname = '') =>
  boundsOf({ server: 's', datname, query: 'q' }, server, new Finder(pino({ enabled: false }), 60), new Snapshots())

test('what a database that is declared later has counted is a baseline, as with other patterns', async (t) => {
  const { visible } = bounds(serverOf(['a'], [/^old_/]))
  t.equal(bounds(serverOf(['a'], [/^old_/])).visible, visible)
  t.not(bounds(serverOf(['a', 'b'], [/^old_/])).visible, visible)
  t.not(bounds(serverOf(['a'], [/^new_/])).visible, visible)
})

test('a server-wide query has room for every database, and no query for more than half', async (t) => {
  t.equal(bounds(serverOf(['a', 'b', 'c'])).maxSamples, 1500)
  t.equal(bounds(serverOf(['a', 'b', 'c']), 'a').maxSamples, 500)
})
