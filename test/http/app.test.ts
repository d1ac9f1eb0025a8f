import { get } from 'node:http'
import { hostname } from 'node:os'
import { gunzipSync } from 'node:zlib'
import { test } from 'tap'
import { createApp, type Served } from '../../src/http/app.ts'
import type { Selection } from '../../src/page/selection.ts'
import { makePage } from '../page/make-page.ts'
import { makeServed } from './make-served.ts'

const page = 'pg_up{server="a"} 0\n'.repeat(100)

const value = makePage(page, 7)

/** An app that serves this page, with parts of it replaced. */
function appWith(more: Partial<Served> = {}) {
  return createApp(
    makeServed({
      metrics: async ({ server = 'a', team = 'labeler' }) => (server === 'a' && team === 'labeler' ? value : undefined),
      status: () => ({ version: '1.2.3', servers: [{ name: 'a', detail: 'standard', databases: [], queries: [] }] }),
      targets: () => [{ server: 'a', teams: [], address: undefined }],
      ...more
    })
  )
}

test('/metrics is the page in text format 0.0.4', async (t) => {
  const response = await appWith().inject('/metrics')
  t.equal(response.statusCode, 200)
  t.equal(response.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.equal(response.headers['content-encoding'], undefined)
  t.equal(response.headers.vary, 'accept-encoding')
  t.equal(response.body, page)
})

test('each scrape is reported with its client, its part and the times of the page and the request, failed ones are not', async (t) => {
  const scrapes: (readonly [string, Selection, number, number])[] = []
  let now = 100
  const gzip = async () => {
    now += 300
    return await value.gzip()
  }
  const metrics: Served['metrics'] = async ({ server = 'a' }) => (server === 'a' ? { ...value, gzip } : undefined)
  const app = appWith({ metrics, scraped: (...scrape) => void scrapes.push(scrape), clock: { now: () => now } })
  for (const url of ['/metrics', '/metrics?server=a&team=labeler', '/metrics?server=unknown', '/', '/api/status']) {
    await app.inject({ url, headers: { 'accept-encoding': 'gzip' } })
  }
  t.same(scrapes, [
    ['127.0.0.1', { server: undefined, team: undefined }, 7, 100],
    ['127.0.0.1', { server: 'a', team: 'labeler' }, 7, 400]
  ])
})

test('a page whose client closes the connection before it is sent is not received', async (t) => {
  const scrapes: string[] = []
  let compress: () => void = () => {}
  const compressed = new Promise<void>((resolve) => {
    compress = resolve
  })
  let request: () => void = () => {}
  const requested = new Promise<void>((resolve) => {
    request = resolve
  })
  const gzip = async () => {
    request()
    await compressed
    return await value.gzip()
  }
  const app = appWith({ metrics: async () => ({ ...value, gzip }), scraped: (client) => void scrapes.push(client) })
  t.teardown(() => app.close())
  const closed = new Promise<void>((resolve) => {
    app.server.once('connection', (socket) => socket.once('close', () => resolve()))
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const client = get(`${url}/metrics`, { headers: { 'accept-encoding': 'gzip' } }).on('error', () => {})
  await requested
  client.destroy()
  await closed
  compress()
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.same(scrapes, [])
})

test('/metrics is compressed for clients that accept gzip, and only for those', async (t) => {
  const app = appWith()
  for (const accepted of ['gzip', 'deflate, gzip;q=0.5', 'br, GZIP']) {
    const response = await app.inject({ url: '/metrics', headers: { 'accept-encoding': accepted } })
    t.equal(response.headers['content-encoding'], 'gzip', accepted)
    t.equal(gunzipSync(response.rawPayload).toString(), page)
    t.equal(response.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  }
  for (const accepted of ['identity', 'gzip;q=0', 'gzip;q=0.000', 'deflate', '']) {
    t.equal((await app.inject({ url: '/metrics', headers: { 'accept-encoding': accepted } })).body, page, accepted)
  }
})

test('HEAD returns the headers of the page and is not a scrape', async (t) => {
  let scrapes = 0
  const app = appWith({ scraped: () => void scrapes++ })
  const head = await app.inject({ method: 'HEAD', url: '/metrics' })
  t.match(head, { statusCode: 200, body: '', headers: { 'content-length': String(page.length), etag: 'W/"1-1"' } })
  const compressed = await app.inject({ method: 'HEAD', url: '/metrics', headers: { 'accept-encoding': 'gzip' } })
  t.equal(compressed.headers['content-length'], String((await value.gzip()).length))
  t.equal(scrapes, 0)
})

test('a client that has the page receives 304, which is not a scrape', async (t) => {
  let scrapes = 0
  const app = appWith({ scraped: () => void scrapes++ })
  const status = async (etag: string) => (await app.inject({ url: '/metrics', headers: { 'if-none-match': etag } })).statusCode
  for (const etag of ['W/"1-1"', '"1-1"', '"0", W/"1-1"', '*']) t.equal(await status(etag), 304, etag)
  t.equal(scrapes, 0)
  for (const etag of ['W/"1-2"', '1-1', '']) t.equal(await status(etag), 200, etag)
  t.equal(scrapes, 3)
})

test('/metrics serves the part of a server or a team; 404 if there is none', async (t) => {
  const app = appWith()
  t.equal((await app.inject('/metrics?server=a')).statusCode, 200)
  t.equal((await app.inject('/metrics?team=labeler')).statusCode, 200)
  const team = await app.inject('/metrics?team=nobody')
  t.equal(team.statusCode, 404, 'not the whole page')
  t.equal(team.body, 'No team "nobody" owns a database.\n')
  t.equal((await app.inject('/metrics?server=b&team=labeler')).body, 'No team "labeler" owns a database of the server "b".\n')
  const unknown = await app.inject('/metrics?server=b')
  t.equal(unknown.statusCode, 404)
  t.equal(unknown.body, 'Unknown server "b"; / lists the servers.\n')
  const long = (await app.inject(`/metrics?server=${'x'.repeat(15_000)}`)).body
  t.ok(long.length < 200, 'a long name is not repeated')
  t.equal((await app.inject('/metrics?server=b&server=a')).statusCode, 404, 'the first of two servers counts')
})

test('/healthz reports on the process, /readyz on the first polls', async (t) => {
  t.match(await appWith({ isReady: () => false }).inject('/healthz'), { statusCode: 200, body: 'ok\n' })
  t.match(await appWith().inject('/readyz'), { statusCode: 200, body: 'ready\n' })
  t.match(await appWith({ isReady: () => false }).inject('/readyz'), {
    statusCode: 503,
    body: 'not ready: some queries have not been polled yet\n'
  })
})

test('/sd lists one target for each server, with the configured address', async (t) => {
  const targets = () => [
    { server: 'a', teams: [], address: 'pgvitals-0:9187' },
    { server: undefined, teams: [], address: 'pgvitals-1:9187' }
  ]
  const sd = await appWith({ targets }).inject('/sd')
  t.match(sd.headers['content-type'], 'application/json')
  t.same(sd.json(), [
    { targets: ['pgvitals-0:9187'], labels: { __param_server: 'a', instance: 'a' } },
    { targets: ['pgvitals-1:9187'], labels: {} }
  ])
})

test('without a configured address, /sd lists the address that the process listens on, never that of the request', async (t) => {
  const own = async (host: string) => {
    const app = appWith()
    t.teardown(() => app.close())
    await app.listen({ host, port: 0 })
    const response = await app.inject({ url: '/sd', headers: { host: 'other:1' } })
    const [{ targets }] = response.json() as [{ targets: [string] }]
    return targets[0].replace(/:\d+$/, '')
  }
  t.equal(await own('127.0.0.1'), '127.0.0.1')
  t.equal(await own('::1'), '[::1]')
  t.equal(await own('0.0.0.0'), hostname())
})

test('/api/status is the status as JSON, / is the status page', async (t) => {
  const app = appWith()
  t.same((await app.inject('/api/status')).json(), {
    version: '1.2.3',
    servers: [{ name: 'a', detail: 'standard', databases: [], queries: [] }]
  })
  const { body, headers } = await app.inject('/')
  t.equal(headers['content-type'], 'text/html; charset=utf-8')
  t.match(body, 'pgvitals 1.2.3')
})
