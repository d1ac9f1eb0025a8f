import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import { createAccess, type Logins } from '../../src/http/access.ts'
import { createApp, type Served } from '../../src/http/app.ts'
import { BusyError } from '../../src/http/basic-auth.ts'
import { loginsPerMinute } from '../../src/http/login.ts'
import type { Selection } from '../../src/page/selection.ts'
import { makePage } from '../page/make-page.ts'
import { makeServed, noLogins, recordingMeter } from './make-served.ts'

/** An app with these logins; `get` returns the status code of a path that is requested with a token or another credential. */
function appWith(logins: Logins, more: Partial<Served> = {}) {
  const { http, counted } = recordingMeter()
  let scrapes = 0
  const asked: Selection[] = []
  const app = createApp(
    makeServed({
      metrics: async (selection) => {
        asked.push(selection)
        return selection.team === 'nobody' ? undefined : makePage('page', 0)
      },
      scraped: () => void scrapes++,
      logins: () => logins,
      http,
      ...more
    })
  )
  const request = async (url: string, authorization?: string) =>
    await app.inject({ url, headers: authorization === undefined ? {} : { authorization } })
  const get = async (url: string, token?: string) => (await request(url, token === undefined ? undefined : `Bearer ${token}`)).statusCode
  return { app, request, get, counted, asked, scrapes: () => scrapes }
}

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

const teams = new Map([
  ['labeler', { tokens: ['for-labeler', 'for-labeler-2'] }],
  ['platform', { tokens: ['for-platform'] }],
  ['open', { tokens: [] }]
])

test('without tokens everybody may read everything', async (t) => {
  const { get } = appWith({ everything: [], teams: new Map([['labeler', { tokens: [] }]]) })
  for (const path of ['/metrics', '/metrics?team=labeler', '/', '/sd', '/api/status']) t.equal(await get(path), 200, path)
})

test("a team's page needs one of its tokens or one for everything", async (t) => {
  const { get } = appWith({ everything: ['for-all'], teams })
  for (const token of ['for-labeler', 'for-labeler-2', 'for-all']) t.equal(await get('/metrics?team=labeler', token), 200, token)
  t.equal(await get('/metrics?server=x&team=labeler', 'for-labeler'), 200)
  for (const token of [undefined, '', 'for-labele', 'for-labeler-3']) {
    t.equal(await get('/metrics?team=labeler', token), 401, String(token))
  }
  t.equal(await get('/metrics?team=labeler', 'for-platform'), 403, 'the login of another team')
  t.equal(await get('/metrics?team=labeler&team=platform', 'for-platform'), 403, 'the first of two teams counts')
})

test('every page except those about health needs a login', async (t) => {
  const { get } = appWith({ everything: ['for-all'], teams })
  for (const path of ['/metrics', '/metrics?server=x', '/', '/sd', '/api/status']) {
    t.equal(await get(path), 401, path)
    t.equal(await get(path, 'wrong'), 401, path)
    t.equal(await get(path, 'for-all'), 200, path)
    t.equal(await get(path, 'for-labeler'), 200, path)
  }
  for (const path of ['/healthz', '/readyz']) t.equal(await get(path), 200, path)
})

test('with the login of a team, each page shows the databases of the team', async (t) => {
  const views: (ReadonlySet<string> | undefined)[] = []
  const { get, request, asked } = appWith(
    { everything: ['for-all'], teams },
    {
      status: (view) => {
        views.push(view)
        return { version: '1', servers: [] }
      },
      targets: () => [
        { server: 'a', teams: ['platform', ''], address: 'p:1' },
        { server: 'b', teams: ['platform', 'labeler'], address: 'p:1' },
        { server: undefined, teams: [], address: 'p:2' }
      ]
    }
  )
  for (const path of ['/metrics', '/metrics?server=x', '/metrics?team=labeler']) await get(path, 'for-labeler')
  t.same(asked, [
    { server: undefined, team: 'labeler' },
    { server: 'x', team: 'labeler' },
    { server: undefined, team: 'labeler' }
  ])
  for (const token of ['for-labeler', 'for-all']) for (const path of ['/', '/api/status']) await get(path, token)
  t.same(views, [new Set(['labeler']), new Set(['labeler']), undefined, undefined])
  const serversOf = async (token: string) =>
    (await request('/sd', `Bearer ${token}`)).json().map(({ labels }: { labels: { instance?: string } }) => labels.instance ?? '')
  t.same(await serversOf('for-labeler'), ['b'])
  t.same(await serversOf('for-platform'), ['a', 'b'])
  t.same(await serversOf('for-all'), ['a', 'b', ''])
})

test('a login of several teams selects one of them on /metrics and sees both elsewhere', async (t) => {
  const views: (ReadonlySet<string> | undefined)[] = []
  const shared = new Map(['a', 'b', 'c'].map((team) => [team, { tokens: team === 'c' ? ['other'] : ['shared'] }]))
  const { get, request } = appWith(
    { everything: [], teams: shared },
    {
      status: (view) => {
        views.push(view)
        return { version: '1', servers: [] }
      }
    }
  )
  const { statusCode, body } = await request('/metrics', 'Bearer shared')
  t.equal(statusCode, 403)
  t.equal(body, 'Your login belongs to several teams: select one with ?team= (a, b).\n')
  for (const team of ['a', 'b']) t.equal(await get(`/metrics?team=${team}`, 'shared'), 200)
  t.equal(await get('/metrics?team=c', 'shared'), 403)
  await get('/', 'shared')
  t.same(views, [new Set(['a', 'b'])])
})

test('a user sees everything, unless a team lists the user', async (t) => {
  const logins = { everything: [], teams: new Map([['labeler', { tokens: [], users: ['ann', 'eve'] }]]) }
  const checkPassword = async (user: string, password: string) => ['ann', 'bob'].includes(user) && password === 'pass:word'
  const users = new Map([
    ['ann', 'hash'],
    ['bob', 'hash']
  ])
  const { request, asked } = appWith(logins, { basic: { users: () => users, checkPassword } })
  const get = async (url: string, user: string, password: string) => (await request(url, basic(user, password))).statusCode
  t.equal(await get('/metrics', 'bob', 'pass:word'), 200)
  t.equal(await get('/metrics?team=other', 'bob', 'pass:word'), 200)
  t.equal(await get('/metrics', 'ann', 'pass:word'), 200)
  t.equal(await get('/metrics?team=other', 'ann', 'pass:word'), 403)
  t.same(
    asked.map(({ team }) => team),
    [undefined, 'other', 'labeler']
  )
  for (const [user, password] of [
    ['bob', 'wrong'],
    ['eve', 'pass:word'],
    ['', '']
  ] as const) {
    t.equal(await get('/', user, password), 401, user)
  }
  t.equal((await request('/', 'Basic bm8tY29sb24=')).statusCode, 401, 'no colon')
  t.same((await request('/')).headers['www-authenticate'], ['Bearer realm="pgvitals"', 'Basic realm="pgvitals", charset="UTF-8"'])
})

test('without a token it is not revealed whether a team exists', async (t) => {
  const { get } = appWith({ everything: ['for-all'], teams })
  t.equal(await get('/metrics?team=nobody'), 401)
  t.equal(await get('/metrics?team=nobody', 'for-all'), 404)
})

test('a rejected request names the scheme and no token, and is not reported as a scrape', async (t) => {
  const { app, scrapes } = appWith({ everything: ['for-all'], teams })
  const { headers, body } = await app.inject('/metrics?team=labeler')
  t.same(headers['www-authenticate'], ['Bearer realm="pgvitals"'], 'without users no password is requested')
  t.equal(body, 'This page needs a login: Authorization: Bearer …\n')
  t.equal(scrapes(), 0)
})

test('with tokens for teams only, nobody may read everything', async (t) => {
  const { get, asked } = appWith({ everything: [], teams })
  t.equal(await get('/metrics', 'for-labeler'), 200)
  t.equal(asked[0]?.team, 'labeler')
  t.equal(await get('/metrics?team=open', 'for-labeler'), 403)
})

test('a token may be in a file; one that cannot be read is never accepted', async (t) => {
  const folder = t.testdir({ token: 'from-file\n' })
  const files = [{ file: join(folder, 'missing') }, { file: join(folder, 'token') }]
  const { get } = appWith({ everything: files, teams: new Map() })
  t.equal(await get('/metrics', 'from-file'), 200)
  t.equal(await get('/metrics', 'undefined'), 401)
  t.equal(await get('/metrics'), 401)
})

test('a rotated token is accepted, and its predecessor rejected, after 15 seconds', async (t) => {
  const file = join(t.testdir({ token: 'first' }), 'token')
  const secret = { file }
  let now = 0
  const access = createAccess(() => ({ everything: [secret], teams: new Map() }), { now: () => now })
  const views = async () => [await access.viewOf('Bearer first'), await access.viewOf('bearer second')]
  t.same(await views(), ['everything', undefined])
  writeFileSync(file, 'second')
  now = 15_000
  t.same(await views(), ['everything', undefined], 'the file is read at most every 15 seconds')
  now = 15_001
  t.same(await views(), [undefined, 'everything'])
})

test('a token whose command hangs delays no other login, and is accepted until the command fails', async (t) => {
  const folder = t.testdir({ token: 'of-labeler' })
  // With a pipe in the place of the token, `cat` waits for a writer.
  const command = ['cat', join(folder, 'token')]
  const logins = { everything: ['for-all'], teams: new Map([['labeler', { tokens: [{ command }] }]]) }
  let now = 0
  const access = createAccess(() => logins, { now: () => now })
  t.same(await access.viewOf('Bearer of-labeler'), new Set(['labeler']))
  rmSync(join(folder, 'token'))
  execFileSync('mkfifo', [join(folder, 'token')])
  now = 15_001
  const ended = await Promise.race([
    Promise.all([access.viewOf('Bearer for-all'), access.viewOf('Bearer of-labeler'), access.viewOf('Bearer wrong')]),
    delay(5000, 'they wait for the command', { ref: false })
  ])
  t.same(ended, ['everything', new Set(['labeler']), undefined])
  // Without a value, the command succeeds with an empty output: the token cannot be read.
  closeSync(openSync(join(folder, 'token'), 'w'))
  let isAccepted = true
  for (let attempt = 0; attempt < 500 && isAccepted; attempt++) {
    await delay(10)
    isAccepted = (await access.viewOf('Bearer of-labeler')) !== undefined
  }
  t.notOk(isAccepted)
})

test('only a bearer token or a password is accepted', async (t) => {
  const access = createAccess(() => ({ everything: ['secret'], teams: new Map() }), { now: () => 0 })
  const headers = [undefined, '', 'secret', 'Basic secret', 'Digest secret', 'Bearer', 'Bearer secret x', 'Bearer secret']
  t.same(await Promise.all(headers.map((header) => access.viewOf(header))), [...headers.slice(1).map(() => undefined), 'everything'])
})

test('failed logins are counted, and logged once a minute without the credential', async (t) => {
  const warnings: string[] = []
  let now = 0
  const { get, request, counted } = appWith(
    { everything: ['for-all'], teams },
    { log: { warn: (message) => void warnings.push(message), error: () => {} }, clock: { now: () => now } }
  )
  t.equal(await get('/metrics'), 401)
  t.equal(counted.authFailures, 0, 'a request without a login is not a failed login')
  await get('/metrics', 'guess-1')
  await request('/', basic('user-1', 'guess-2'))
  await get('/sd', 'guess-3')
  now = 60_000
  await get('/sd', 'guess-4')
  t.equal(counted.authFailures, 4)
  t.same(warnings, [
    'login from 127.0.0.1 failed: invalid token or password',
    'login from 127.0.0.1 failed: invalid token or password; 2 more since the last message'
  ])
})

test('logins of one address are limited, except those that were accepted before', async (t) => {
  const { get, request, counted } = appWith({ everything: ['for-all', 'for-all-2'], teams: new Map() })
  const most = loginsPerMinute + 2
  t.equal(await get('/metrics', 'for-all'), 200)
  for (let attempt = 1; attempt < most; attempt++) t.equal(await get('/metrics', `guess-${attempt}`), 401)
  const { statusCode, headers, body } = await request('/metrics', 'Bearer guess')
  t.equal(statusCode, 429)
  t.match(headers['retry-after'], /^[1-6]?\d$/)
  t.match(body, 'too many logins from this address; try again in')
  t.equal(await get('/metrics', 'for-all-2'), 429, 'a correct guess is not recognized')
  t.equal(await get('/metrics', 'for-all'), 200, 'a scraper with the same address is not locked out')
  t.equal(counted.authFailures, most - 1)
  t.same(counted.rejected, ['rate', 'rate'])
  const { now } = Date
  t.teardown(() => {
    Date.now = now
  })
  Date.now = () => now() + 60_000
  t.equal(await get('/metrics', 'for-all-2'), 200, 'after a minute')
})

test('while too many passwords are checked, a login is answered with 503 and counted, not as a failed login', async (t) => {
  const checkPassword = async () => {
    throw new BusyError('busy')
  }
  const { request, counted } = appWith(noLogins, { basic: { users: () => new Map([['ann', 'hash']]), checkPassword } })
  const { statusCode, headers, body } = await request('/', basic('ann', 'password'))
  t.equal(statusCode, 503)
  t.equal(headers['retry-after'], '1')
  t.match(body, /^too many passwords/)
  t.same(counted, { authFailures: 0, rejected: ['busy'], inFlight: 0, mostInFlight: 0 })
})

test('after a restart, the scrapers of 50 teams and users log in from one address', async (t) => {
  const many = Array.from({ length: 50 }, (_, index) => String(index))
  const users = new Map(many.map((user) => [user, 'hash']))
  const { get, request } = appWith(
    { everything: [], teams: new Map(many.map((name) => [name, { tokens: [`for-${name}`] }])) },
    { basic: { users: () => users, checkPassword: async () => true } }
  )
  for (const name of many) {
    t.equal(await get('/metrics', `for-${name}`), 200)
    t.equal((await request('/metrics', basic(name, 'password'))).statusCode, 200)
  }
})

test('the same wrong credential counts as one login, and is accepted as soon as it is valid', async (t) => {
  let everything = ['for-all']
  const { request, counted } = appWith(noLogins, { logins: () => ({ everything, teams: new Map() }) })
  const get = async (token: string) => (await request('/', `Bearer ${token}`)).statusCode
  for (let attempt = 0; attempt < 3 * loginsPerMinute; attempt++) t.equal(await get('next'), 401)
  t.equal(counted.authFailures, 3 * loginsPerMinute)
  t.equal(await get('for-all'), 200)
  everything = ['next']
  t.equal(await get('next'), 200)
  t.equal(await get('for-all'), 401)
})
