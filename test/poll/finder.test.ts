import { pino } from 'pino'
import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { Finder } from '../../src/poll/finder.ts'
import type { Server } from '../../src/server/server.ts'
import type { Session } from '../../src/server/session.ts'

const server: Server = {
  name: 's',
  databases: [],
  discovery: { include: [], exclude: [], connection: parseDatabaseUrl('postgresql://u:p@h/d') },
  maxSessions: 4,
  maxSamplesPerDatabase: 20_000,
  capacityBytes: undefined,
  dataDirectory: undefined
}

/** A session on a server with these databases. */
const sessionWith = (names: readonly string[]): Session => ({
  openedAt: 0,
  certificateExpiry: undefined,
  isPooled: false,
  isOpen: () => true,
  run: async () => ({ columns: [], rows: names.map((name) => [name, 't']), cutRows: 0 }),
  close: async () => {}
})

test('what is gone is not shown, and of many names that come and go a thousand are remembered', async (t) => {
  const finder = new Finder(pino({ enabled: false }), 0)
  const run = (from: number) => Array.from({ length: 600 }, (_, index) => `run_${from + index}`)
  await finder.look(server, sessionWith(run(0)))
  t.ok(finder.has('run_599'))
  await finder.look(server, sessionWith(run(600)))
  t.notOk(finder.has('run_599'))
  t.notOk(finder.isShown(server, 'run_0'))
  t.ok(finder.isShown(server, 'run_600'))
  await finder.look(server, sessionWith([]))
  t.same(
    [0, 199, 200, 1199].map((run) => finder.isShown(server, `run_${run}`)),
    [true, true, false, false]
  )
})
