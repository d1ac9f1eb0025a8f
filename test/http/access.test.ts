import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { createAccess, type Tokens } from '../../src/http/access.ts'
import { createApp } from '../../src/http/app.ts'
import { makePage } from '../page/make-page.ts'

/** An app with these tokens; `get` returns the status code of a path that is requested with a token. */
function appWith(tokens: Tokens) {
  let scrapes = 0
  const app = createApp({
    metrics: async ({ team }) => (team === 'nobody' ? undefined : makePage('page', 0)),
    scraped: () => void scrapes++,
    isReady: () => true,
    status: () => ({ version: '1', servers: [] }),
    targets: () => [],
    tokens: () => tokens
  })
  const get = async (url: string, token?: string) =>
    (await app.inject({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })).statusCode
  return { app, get, scrapes: () => scrapes }
}

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
  for (const token of [undefined, '', 'for-platform', 'for-labele', 'for-labeler-3']) {
    t.equal(await get('/metrics?team=labeler', token), 401, String(token))
  }
  t.equal(await get('/metrics?team=labeler&team=platform', 'for-platform'), 401, 'the first of two teams counts')
})

test('pages that show other teams need a token for everything', async (t) => {
  const { get } = appWith({ everything: ['for-all'], teams })
  for (const path of ['/metrics', '/metrics?server=x', '/', '/sd', '/api/status', '/sd?team=labeler', '/metrics?team=open']) {
    t.equal(await get(path, 'for-labeler'), 401, path)
    t.equal(await get(path, 'for-all'), 200, path)
  }
  for (const path of ['/healthz', '/readyz']) t.equal(await get(path), 200, path)
})

test('without a token it is not revealed whether a team exists', async (t) => {
  const { get } = appWith({ everything: ['for-all'], teams })
  t.equal(await get('/metrics?team=nobody'), 401)
  t.equal(await get('/metrics?team=nobody', 'for-all'), 404)
})

test('a rejected request names the scheme and no token, and is not reported as a scrape', async (t) => {
  const { app, scrapes } = appWith({ everything: ['for-all'], teams })
  const { headers, body } = await app.inject('/metrics?team=labeler')
  t.equal(headers['www-authenticate'], 'Bearer realm="pgvitals"')
  t.equal(body, 'The page of the team "labeler" needs a token: Authorization: Bearer …\n')
  t.equal((await app.inject('/')).body, 'This page needs a token: Authorization: Bearer …\n')
  t.equal(scrapes(), 0)
})

test('with tokens for teams only, nobody may read everything', async (t) => {
  const { get } = appWith({ everything: [], teams })
  t.equal(await get('/metrics', 'for-labeler'), 401)
  t.equal(await get('/metrics?team=labeler', 'for-labeler'), 200)
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
  let now = 0
  const tokens: Tokens = { everything: [{ file }], teams: new Map() }
  const mayRead = createAccess(() => tokens, { now: () => now })
  const accepted = async () => [await mayRead(undefined, 'Bearer first'), await mayRead(undefined, 'bearer second')]
  t.same(await accepted(), [true, false])
  writeFileSync(file, 'second')
  now = 15_000
  t.same(await accepted(), [true, false], 'the file is read at most every 15 seconds')
  now = 15_001
  t.same(await accepted(), [false, true])
})

test('only a bearer token is accepted', async (t) => {
  const mayRead = createAccess(() => ({ everything: ['secret'], teams: new Map() }), { now: () => 0 })
  const headers = [undefined, '', 'secret', 'Basic secret', 'Bearer', 'Bearer secret x', 'Bearer secret']
  t.same(await Promise.all(headers.map((header) => mayRead(undefined, header))), [...headers.slice(1).map(() => false), true])
})
