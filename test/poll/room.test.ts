import { pino } from 'pino'
import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { type Errand, runErrands } from '../../src/poll/errands.ts'
import { Finder } from '../../src/poll/finder.ts'
import { Room } from '../../src/poll/room.ts'
import type { ErrorClass } from '../../src/server/error-class.ts'
import type { Database, Server } from '../../src/server/server.ts'

const connection = parseDatabaseUrl('postgresql://u:p@h/d')
const database: Database = { name: 'd', connection, team: '', access: new Map(), quotaBytes: undefined }
const server: Server = {
  name: 's',
  databases: [database],
  discovery: undefined,
  maxSessions: 4,
  maxSamplesPerDatabase: 20_000,
  capacityBytes: undefined,
  dataDirectory: undefined
}

const failed = (errorClass: ErrorClass): Errand => ({
  server,
  database,
  session: undefined,
  failure: { errorClass, message: '' },
  isNew: false,
  isLeader: true,
  open: () => []
})
const newFinder = () => new Finder(pino({ enabled: false }), 60)

test('a visit that fails does not open the room for others, for nothing is known yet', async (t) => {
  const room = new Room(4)
  await runErrands(failed('too_many_connections'), room, newFinder())
  await room.acquire('one')
  const second = room.acquire('other').then(() => 'enters')
  t.equal(await Promise.race([second, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))]), 'waits')
  room.learn(database, { free: 10, roleFree: undefined, databaseFree: undefined }, [database])
  t.equal(await second, 'enters')
})

test('where nobody answers, several databases are tried at once, for nothing is taken', async (t) => {
  const room = new Room(2)
  await runErrands(failed('network'), room, newFinder())
  await room.acquire('one')
  await room.acquire('other')
  const third = room.acquire('third').then(() => 'enters')
  t.equal(await Promise.race([third, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))]), 'waits')
})

test('the last connection is left to others, ever longer, unless there are more of ours that leave first', async (t) => {
  const room = new Room(4)
  const learn = (free: number, open = [database]) => room.learn(database, { free, roleFree: undefined, databaseFree: undefined }, open)
  const seconds: number[] = []
  for (const free of [1, 0, -1, 0]) {
    learn(free)
    seconds.push(room.waitSeconds)
  }
  t.same(seconds, [0, 14, 29, 59])
  t.notOk(room.mayKeep('d'))
  learn(0, [database, { ...database, name: 'e' }])
  t.equal(room.waitSeconds, 0)
  t.ok(room.mayKeep('d'))
})
