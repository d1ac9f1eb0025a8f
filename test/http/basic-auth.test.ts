import { setTimeout as delay } from 'node:timers/promises'
import { hashSync } from 'bcryptjs'
import { test } from 'tap'
import { BusyError, createPasswordCheck } from '../../src/http/basic-auth.ts'
import { createBcryptThread } from '../../src/http/bcrypt-thread.ts'

const hashes = { alice: hashSync('of alice', 4), bob: hashSync('of bob', 4).replace('$2b$', '$2y$') }

/** A check whose comparisons are answered by `answer`, by default with "the password is `right`". */
function checkWith(users: ReadonlyMap<string, string>, answer: (password: string) => Promise<boolean> = async (text) => text === 'right') {
  const compared: (readonly [password: string, hash: string])[] = []
  const check = createPasswordCheck(
    () => users,
    (password, hash) => {
      compared.push([password, hash])
      return answer(password)
    }
  )
  return { check, compared }
}

test('a user is accepted only with the password of this user', async (t) => {
  const check = createPasswordCheck(() => new Map(Object.entries(hashes)))
  t.equal(await check('alice', 'of alice'), true)
  t.equal(await check('bob', 'of bob'), true, 'a hash of htpasswd')
  for (const [user, password] of [
    ['alice', 'of bob'],
    ['alice', ''],
    ['Alice', 'of alice'],
    ['', 'of alice'],
    ['carol', 'of alice'],
    ['carol', 'of bob']
  ] as const) {
    t.equal(await check(user, password), false, `${user}: ${password}`)
    t.equal(await check(user, password), false, 'also from the cache')
  }
  t.equal(await createPasswordCheck(() => new Map())('alice', 'of alice'), false, 'without users')
})

test('a comparison does not delay the event loop', async (t) => {
  const compare = createBcryptThread()
  let ended = false
  const hash = hashSync('slow', 4).replace('$04$', '$12$')
  const comparing = compare('slow', hash).then(() => {
    ended = true
  })
  let turns = 0
  while (!ended) {
    turns += 1
    await delay(1)
  }
  await comparing
  t.ok(turns > 5, `${turns} turns of the event loop during one comparison`)
})

test('results are cached until the hash changes, and the same request is compared once', async (t) => {
  const users = new Map([['alice', 'first']])
  const { check, compared } = checkWith(users)
  t.same(await Promise.all([check('alice', 'right'), check('alice', 'right')]), [true, true])
  t.equal(await check('alice', 'right'), true)
  t.equal(await check('alice', 'wrong'), false)
  t.equal(await check('alice', 'wrong'), false)
  t.same(compared, [
    ['right', 'first'],
    ['wrong', 'first']
  ])
  users.set('alice', 'second')
  t.equal(await check('alice', 'right'), true)
  t.same(compared.at(-1), ['right', 'second'], 'the new hash decides')
  users.delete('alice')
  users.set('bob', 'second')
  t.equal(await check('alice', 'right'), false, 'a deleted user is refused')
})

test('guessed passwords do not evict accepted ones', async (t) => {
  const { check, compared } = checkWith(new Map([['alice', 'hash']]))
  await check('alice', 'right')
  for (let guess = 0; guess < 1001; guess++) await check('alice', String(guess))
  const before = compared.length
  t.equal(await check('alice', 'right'), true)
  t.equal(compared.length, before, 'it is still cached')
  await check('alice', '0')
  t.equal(compared.length, before + 1, 'the oldest guess is not')
})

test('a result is kept as long as login.ts exempts the credential from its limit: with the last 1,000 ones', async (t) => {
  const { check, compared } = checkWith(new Map([['alice', 'hash']]))
  for (let guess = 0; guess < 1000; guess++) await check('alice', String(guess))
  await check('alice', '0')
  await check('alice', 'next')
  await check('alice', '0')
  t.equal(compared.length, 1001, 'an attacker who repeats guesses starts no comparison')
})

test('an unknown user costs one comparison with the hash of another user, always the same one', async (t) => {
  const users = new Map(Array.from({ length: 20 }, (_, index) => [`user ${index}`, `hash ${index}`]))
  const { check, compared } = checkWith(users, async () => true)
  for (const password of ['a', 'b', 'c']) t.equal(await check('nobody', password), false)
  t.equal(compared.length, 3)
  t.equal(new Set(compared.map(([, hash]) => hash)).size, 1)
  t.ok([...users.values()].includes(compared[0]?.[1] ?? ''))
})

test('beyond eight comparisons at a time, further ones are refused, except those whose result is cached', async (t) => {
  let answer: (isSame: boolean) => void = () => {}
  const answers = new Promise<boolean>((resolve) => {
    answer = resolve
  })
  const { check, compared } = checkWith(new Map([['alice', 'hash']]), (password) =>
    password === 'right' ? Promise.resolve(true) : answers
  )
  t.equal(await check('alice', 'right'), true)
  const flood = Array.from({ length: 8 }, (_, guess) => check('alice', String(guess)))
  for (const user of ['alice', 'nobody']) await t.rejects(check(user, 'another'), new BusyError('too many passwords are being checked'))
  t.equal(await check('alice', 'right'), true)
  answer(false)
  t.same(await Promise.all(flood), Array(8).fill(false))
  t.equal(await check('alice', 'another'), false, 'afterwards there is room')
  t.equal(compared.length, 1 + 8 + 1)
})

test('a failed comparison is not cached', async (t) => {
  let isBroken = true
  const { check } = checkWith(new Map([['alice', 'hash']]), async () => {
    if (isBroken) throw new Error('the thread ended')
    return true
  })
  await t.rejects(check('alice', 'right'), { message: 'the thread ended' })
  isBroken = false
  t.equal(await check('alice', 'right'), true)
})
