import { gunzipSync } from 'node:zlib'
import { test } from 'tap'
import { createApp, type Served } from '../../src/http/app.ts'

const page = 'pg_up{server="a"} 0\n'.repeat(100)

/** An app that serves this page, with parts of it replaced. */
function appWith(more: Partial<Served> = {}) {
  return createApp({
    metrics: async ({ server = 'a', team = 'labeler' }) => (server === 'a' && team === 'labeler' ? Buffer.from(page) : undefined),
    scraped: () => {},
    isReady: () => true,
    status: () => ({ version: '1.2.3', servers: [{ name: 'a', databases: [], queries: [] }] }),
    tokens: () => ({ everything: [], teams: new Map() }),
    ...more
  })
}

test('/metrics is the page in text format 0.0.4, and each scrape is heard of', async (t) => {
  let scrapes = 0
  const response = await appWith({ scraped: () => void scrapes++ }).inject('/metrics')
  t.equal(response.statusCode, 200)
  t.equal(response.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.equal(response.headers['content-encoding'], undefined)
  t.equal(response.body, page)
  t.equal(scrapes, 1)
})

test('/metrics is compressed when asked, and only then', async (t) => {
  const app = appWith()
  for (const asked of ['gzip', 'deflate, gzip;q=0.5', 'br, GZIP']) {
    const response = await app.inject({ url: '/metrics', headers: { 'accept-encoding': asked } })
    t.equal(response.headers['content-encoding'], 'gzip', asked)
    t.equal(gunzipSync(response.rawPayload).toString(), page)
    t.equal(response.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  }
  for (const asked of ['identity', 'gzip;q=0', 'deflate', '']) {
    t.equal((await app.inject({ url: '/metrics', headers: { 'accept-encoding': asked } })).body, page, asked)
  }
})

test('one server can be asked for; an unknown one is 404', async (t) => {
  const app = appWith()
  t.equal((await app.inject('/metrics?server=a')).statusCode, 200)
  t.equal((await app.inject('/metrics?team=labeler')).statusCode, 200)
  t.equal((await app.inject('/metrics?team=nobody')).statusCode, 404, 'a team that is not known gets no page, not the whole one')
  t.equal((await app.inject('/metrics?server=b&team=labeler')).body, 'There is no team "labeler" that owns a database of a server "b".\n')
  const unknown = await app.inject('/metrics?server=b')
  t.equal(unknown.statusCode, 404)
  t.equal(unknown.body, 'There is no server "b" here; / lists them.\n')
})

test('/healthz is about the process, /readyz about the first polls', async (t) => {
  t.match(await appWith({ isReady: () => false }).inject('/healthz'), { statusCode: 200, body: 'ok\n' })
  t.match(await appWith().inject('/readyz'), { statusCode: 200, body: 'ready\n' })
  t.match(await appWith({ isReady: () => false }).inject('/readyz'), { statusCode: 503, body: 'not every query has been tried yet\n' })
})

test('the landing page names servers, databases and queries, and escapes them', async (t) => {
  const status = {
    version: '1.2.3',
    servers: [
      {
        name: 'db:5432',
        databases: [
          { name: '<platform>', isUp: true, about: 'PostgreSQL 18.4, primary, as pgvitals', blind: [] },
          { name: 'labeler', isUp: false, about: 'password authentication failed', blind: [] }
        ],
        queries: [
          {
            name: 'locks',
            database: '(server, by platform)',
            state: 'answers',
            about: '',
            intervalSeconds: 15,
            ageSeconds: 3.2,
            seconds: 0.0021,
            samples: 54
          },
          {
            name: 'wal',
            database: '(server, by platform)',
            state: 'skipped',
            about: 'needs capability pg_monitor',
            intervalSeconds: 60,
            ageSeconds: undefined,
            seconds: undefined,
            samples: 0
          }
        ]
      }
    ]
  } as const
  const { body, headers } = await appWith({ status: () => status }).inject('/')
  t.equal(headers['content-type'], 'text/html; charset=utf-8')
  for (const expected of [
    'pgvitals 1.2.3',
    'db:5432',
    '&lt;platform&gt;',
    'password authentication failed',
    '2.1 ms',
    'needs capability pg_monitor',
    'href="/metrics"'
  ])
    t.match(body, expected)
  t.notMatch(body, '<platform>')
})

test('/sd names one target for each server, /api/status tells the same as the landing page', async (t) => {
  const sd = await appWith().inject({ url: '/sd', headers: { host: 'pgvitals:9187' } })
  t.match(sd.headers['content-type'], 'application/json')
  t.same(sd.json(), [{ targets: ['pgvitals:9187'], labels: { __param_server: 'a', instance: 'a' } }])
  t.same((await appWith().inject('/api/status')).json(), { version: '1.2.3', servers: [{ name: 'a', databases: [], queries: [] }] })
})
