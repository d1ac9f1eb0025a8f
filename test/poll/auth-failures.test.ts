import { test } from 'tap'
import { AuthFailures, type CredentialUse } from '../../src/poll/auth-failures.ts'
import { ClassedError } from '../../src/server/error-class.ts'
import { isPending } from './is-pending.ts'

/** An attempt that the test ends. */
function startAttempt() {
  let end = { resolve: () => {}, reject: () => {} }
  const promise = new Promise<void>((resolve, reject) => {
    end = { resolve, reject }
  })
  return { promise, ...end }
}

const use = (database: string, credential = 'p', file?: string): CredentialUse => ({ credential, database, file })

const wrongPassword = new ClassedError('auth', 'wrong')
const noHbaEntry = Object.assign(new Error('no pg_hba.conf entry'), { code: '28000' })

test('databases that share a rejected credential wait together, longer after each failure', async (t) => {
  const failures = new AuthFailures()
  failures.failed(use('a'), wrongPassword, 'wrong (28P01)', 1000)
  for (const name of ['a', 'b', 'c']) t.same(failures.current(use(name), 14_999)?.message, 'wrong (28P01)', name)
  t.equal(failures.current(use('a', 'other'), 1000), undefined, 'another credential is independent')
  t.equal(failures.current(use('b'), 15_000), undefined)

  failures.failed(use('b'), wrongPassword, 'wrong (28P01)', 15_000)
  t.equal(failures.current(use('a'), 43_999)?.retryAt, 44_000)
  t.equal(failures.current(use('a'), 44_000), undefined)

  t.ok(failures.succeeded(use('b')), 'it had been rejected')
  t.notOk(failures.succeeded(use('c')), 'it had not')
  t.equal(failures.current(use('c'), 44_000), undefined)
  failures.failed(use('c'), wrongPassword, 'wrong (28P01)', 50_000)
  t.equal(failures.current(use('c'), 50_000)?.retryAt, 64_000, 'a success resets the back-off')
})

test('an attempt is in progress for all databases with its credential until it ends', async (t) => {
  const failures = new AuthFailures()
  for (const end of ['resolve', 'reject'] as const) {
    const first = startAttempt()
    failures.started(use('a'), first.promise)
    t.equal(failures.attempt(use('b')), first.promise)
    t.equal(failures.attempt(use('b', 'other')), undefined)
    first[end]()
    await isPending(first.promise.catch(() => {}))
    t.equal(failures.attempt(use('b')), undefined, end)
  }
})

test('the end of an earlier attempt does not end a later one', async (t) => {
  const failures = new AuthFailures()
  const [first, second] = [startAttempt(), startAttempt()]
  failures.started(use('a'), first.promise)
  failures.started(use('b'), second.promise)
  first.resolve()
  await isPending(first.promise)
  t.equal(failures.attempt(use('c')), second.promise)
})

test('a login that pg_hba.conf rejects concerns one database only', async (t) => {
  const failures = new AuthFailures()
  failures.failed(use('a'), noHbaEntry, 'no pg_hba.conf entry (28000)', 0)
  t.equal(failures.current(use('a'), 0)?.message, 'no pg_hba.conf entry (28000)')
  t.equal(failures.current(use('b'), 0), undefined)
  t.notOk(failures.succeeded(use('b')))
  t.ok(failures.current(use('a'), 0), 'a success elsewhere changes nothing for it')
  failures.succeeded(use('a'))
  t.equal(failures.current(use('a'), 0), undefined)
})

test('a rejected credential that works in another database is rejected in its own database only', async (t) => {
  // A pooler may have another password for each database.
  const failures = new AuthFailures()
  failures.failed(use('a'), wrongPassword, 'wrong', 0)
  t.ok(failures.succeeded(use('b')))
  failures.failed(use('a'), wrongPassword, 'wrong', 14_000)
  t.ok(failures.current(use('a'), 14_000))
  t.equal(failures.current(use('b'), 14_000), undefined)
  failures.succeeded(use('a'))
  failures.failed(use('a'), wrongPassword, 'wrong', 28_000)
  t.ok(failures.current(use('b'), 28_000), 'until it has worked there too')
})

test('a credential that may have changed is retried immediately', async (t) => {
  const failures = new AuthFailures()
  const [one, two] = [use('b', 'one', '/one'), use('b', 'two', '/two')]
  failures.failed(one, wrongPassword, 'wrong', 0)
  failures.failed(two, wrongPassword, 'wrong', 0)
  failures.forget(['/two'])
  t.ok(failures.current(one, 0))
  t.equal(failures.current(two, 0), undefined)
  failures.forget(undefined)
  t.equal(failures.current(one, 0), undefined)
})
