import { test } from 'tap'
import { ConnectionLimiter } from '../../src/poll/connection-limiter.ts'
import { isPending } from './is-pending.ts'
import { makeDatabase } from './make-server.ts'

const database = makeDatabase('d')
const unlimited = { roleFree: undefined, databaseFree: undefined }

test('one session is open at a time until the limits of the server are known', async (t) => {
  const limiter = new ConnectionLimiter(4)
  await limiter.acquire('one', undefined, 0)
  const second = limiter.acquire('other', undefined, 0)
  t.ok(await isPending(second))
  limiter.learn(database, { free: 10, ...unlimited }, [database], 0)
  t.notOk(await isPending(second))
})

test('if the limits cannot be read, the configured number of sessions applies', async (t) => {
  const limiter = new ConnectionLimiter(2)
  limiter.learn(database, undefined, [database], 0)
  t.equal(limiter.sessions, 2)
  await limiter.acquire('one', undefined, 0)
  t.notOk(await isPending(limiter.acquire('other', undefined, 0)))
})

test('connections to an unreachable server are attempted in parallel, up to the configured number', async (t) => {
  const limiter = new ConnectionLimiter(2)
  limiter.unreachable(0)
  await limiter.acquire('one', undefined, 0)
  await limiter.acquire('other', undefined, 0)
  t.ok(await isPending(limiter.acquire('third', undefined, 0)))
})

test('an unreachable server does not lift limits that are known', async (t) => {
  const limiter = new ConnectionLimiter(4)
  limiter.learn(database, { free: 0, ...unlimited }, [database], 0)
  limiter.unreachable(0)
  await limiter.acquire('one', undefined, 0)
  t.ok(await isPending(limiter.acquire('other', undefined, 0)))
})

test('three connections of the server stay free for others', async (t) => {
  const limiter = new ConnectionLimiter(10)
  limiter.learn(database, { free: 6, ...unlimited }, [database], 0)
  t.equal(limiter.sessions, 4, 'six free ones and the own one, less three')
  t.notOk(limiter.isTight)
  limiter.learn(database, { free: 3, ...unlimited }, [database], 0)
  t.equal(limiter.sessions, 1)
  t.ok(limiter.isTight)
  limiter.learn(database, { free: -5, ...unlimited }, [database], 0)
  t.equal(limiter.sessions, 1, 'one session at least')
})

test('the last connection of the server is left to others, for longer each time, unless pgvitals has other sessions', async (t) => {
  const limiter = new ConnectionLimiter(4)
  const learn = (free: number, open = [database]) => limiter.learn(database, { free, ...unlimited }, open, 0)
  const seconds: number[] = []
  for (const free of [1, 0, -1, 0]) {
    learn(free)
    seconds.push(limiter.waitSeconds)
  }
  t.same(seconds, [0, 14, 29, 59])
  t.notOk(limiter.mayKeep('d'))
  learn(0, [database, makeDatabase('e')])
  t.equal(limiter.waitSeconds, 0)
  t.ok(limiter.mayKeep('d'))
})

test('the last connection of a role or a database is not kept', async (t) => {
  const limiter = new ConnectionLimiter(4)
  const learn = (limits: { readonly roleFree?: number; readonly databaseFree?: number }) => {
    limiter.learn(database, { free: 50, ...unlimited, ...limits }, [database], 0)
    return limiter.mayKeep('d')
  }
  t.ok(learn({ roleFree: 1, databaseFree: 1 }))
  t.notOk(learn({ roleFree: 0 }))
  t.ok(learn({ roleFree: 1 }))
  t.notOk(learn({ databaseFree: 0 }))
  t.ok(limiter.mayKeep('e'), 'another database is independent')
})

test('the connection limit of a role bounds its sessions, and one connection stays free', async (t) => {
  const limiter = new ConnectionLimiter(10)
  const open = ['a', 'b'].map((name) => makeDatabase(name))
  limiter.learn(database, { free: 50, roleFree: 2, databaseFree: undefined }, open, 0)
  t.equal(limiter.sessionsOf('u'), 3, 'two open ones and two free ones, less one')
  t.equal(limiter.sessionsOf('other'), 10)
  for (let permit = 0; permit < 3; permit++) await limiter.acquire('u', undefined, 0)
  t.ok(await isPending(limiter.acquire('u', undefined, 0)))
  t.notOk(await isPending(limiter.acquire('other', undefined, 0)))
})

test('granted permits remain valid, and no permit is released twice', async (t) => {
  const limiter = new ConnectionLimiter(3)
  limiter.learn(database, undefined, [], 0)
  const permits = [
    await limiter.acquire('a', undefined, 0),
    await limiter.acquire('b', undefined, 0),
    await limiter.acquire('c', undefined, 0)
  ]
  limiter.configure(2, 0)
  const next = limiter.acquire('d', undefined, 0)
  permits[0]?.release(0)
  permits[0]?.release(0)
  t.ok(await isPending(next), 'two are still taken')
  permits[1]?.release(0)
  t.notOk(await isPending(next))
})
