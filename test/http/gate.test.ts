import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { createApp } from '../../src/http/app.ts'
import type { Tokens } from '../../src/http/gate.ts'

/** Asks for a path with a token; the status code. */
function asker(tokens: Tokens) {
  let scrapes = 0
  const app = createApp({
    metrics: async ({ team }) => (team === 'nobody' ? undefined : Buffer.from('page')),
    scraped: () => void scrapes++,
    isReady: () => true,
    status: () => ({ version: '1', servers: [] }),
    tokens: () => tokens
  })
  const ask = async (url: string, token?: string) =>
    (await app.inject({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })).statusCode
  return { app, ask, scrapes: () => scrapes }
}

const teams = new Map([
  ['labeler', { tokens: ['for-labeler', 'for-labeler-2'] }],
  ['platform', { tokens: ['for-platform'] }],
  ['open', { tokens: [] }]
])

test('without tokens everybody may read', async (t) => {
  const { ask } = asker({ everything: [], teams: new Map([['labeler', { tokens: [] }]]) })
  for (const path of ['/metrics', '/metrics?team=labeler', '/', '/sd', '/api/status']) t.equal(await ask(path), 200, path)
})

test("a team's page is read by the holders of its tokens alone", async (t) => {
  const { app, ask, scrapes } = asker({ everything: ['for-all'], teams })
  t.equal(await ask('/metrics?team=labeler', 'for-labeler'), 200)
  t.equal(await ask('/metrics?team=labeler', 'for-labeler-2'), 200)
  t.equal(await ask('/metrics?server=x&team=labeler', 'for-labeler'), 200)
  for (const token of [undefined, '', 'for-platform', 'for-labele', 'for-labeler-3']) {
    t.equal(await ask('/metrics?team=labeler', token), 401, String(token))
  }
  t.equal(await ask('/metrics?team=labeler&team=platform', 'for-platform'), 401, 'the first of two teams is meant')
  for (const path of ['/metrics', '/metrics?server=x', '/', '/sd', '/api/status', '/sd?team=labeler', '/metrics?team=open']) {
    t.equal(await ask(path, 'for-labeler'), 401, `${path} tells of others`)
    t.equal(await ask(path, 'for-all'), 200, path)
  }
  t.equal(await ask('/metrics?team=nobody'), 401, 'who may not read is not told who there is')
  t.equal(await ask('/metrics?team=nobody', 'for-all'), 404)
  for (const path of ['/healthz', '/readyz']) t.equal(await ask(path), 200, path)
  const before = scrapes()
  const { headers, body } = await app.inject('/metrics?team=labeler')
  t.equal(headers['www-authenticate'], 'Bearer realm="pgvitals"')
  t.notMatch(body, 'for-')
  t.equal(scrapes(), before, 'who is refused is no scraper')
})

test('with tokens for teams only, nobody reads everything', async (t) => {
  const { ask } = asker({ everything: [], teams })
  t.equal(await ask('/metrics', 'for-labeler'), 401)
  t.equal(await ask('/metrics?team=labeler', 'for-labeler'), 200)
})

test('a token may stand in a file; one that cannot be read opens nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-tokens-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'token'), 'from-file\n')
  const files = [{ file: join(folder, 'missing') }, { file: join(folder, 'token') }]
  const { ask } = asker({ everything: files, teams: new Map() })
  t.equal(await ask('/metrics', 'from-file'), 200)
  t.equal(await ask('/metrics', 'undefined'), 401)
  t.equal(await ask('/metrics'), 401)
})
