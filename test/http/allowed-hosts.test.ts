import { hostname } from 'node:os'
import { test } from 'tap'
import { isAllowedHost } from '../../src/http/allowed-hosts.ts'
import { createApp, type Served } from '../../src/http/app.ts'
import { makeServed, recordingMeter } from './make-served.ts'

test('addresses, names without a dot and names in private domains are allowed, registered names are not', async (t) => {
  const allowed = ['127.0.0.1', '127.0.0.1:9187', '10.0.0.5:80', '[::1]:9187', '[fe80::1]', 'localhost:9187', 'LOCALHOST', 'pgvitals:9187']
  for (const host of [...allowed, 'a.localhost', 'db1.example.internal:9187', 'printer.local.', 'x.home.arpa', undefined]) {
    t.ok(isAllowedHost(host, []), String(host))
  }
  const refused = ['evil.example:9187', 'evil.example.', '127.0.0.1.evil.example', 'localhost.evil.example', 'evilinternal.example']
  for (const host of [...refused, '127.0.0.1.nip.io', '[evil.example]', 'evil.example:1:2', '', 'x/y', 'a b', 'münchen']) {
    t.notOk(isAllowedHost(host, []), host)
  }
})

test('further names are allowed by name, by domain, or all', async (t) => {
  const allowed = ['metrics.example.com', '*.example.net']
  for (const host of ['metrics.example.com:9187', 'Metrics.Example.com', 'a.example.net', 'a.b.example.net:1'])
    t.ok(isAllowedHost(host, allowed), host)
  for (const host of ['example.com', 'x.metrics.example.com', 'example.net', 'aexample.net', 'evil.example'])
    t.notOk(isAllowedHost(host, allowed), host)
  t.ok(isAllowedHost('evil.example', ['*']))
})

test('without a login, pages are served under allowed names only, and rejected requests are counted', async (t) => {
  const { http, counted } = recordingMeter()
  const statusOf = async (url: string, host: string, more: Partial<Served> = {}) =>
    (await createApp(makeServed({ http, ...more })).inject({ url, headers: { host } })).statusCode
  for (const url of ['/', '/metrics', '/api/status', '/sd']) {
    t.equal(await statusOf(url, 'evil.example:9187'), 421, url)
    t.equal(await statusOf(url, 'pgvitals:9187'), 200, url)
  }
  t.same(counted.rejected, ['host', 'host', 'host', 'host'])
  t.equal(await statusOf('/healthz', 'evil.example'), 200, 'health contains nothing about databases')
  t.equal(await statusOf('/', 'metrics.example.com', { allowedHosts: () => ['metrics.example.com'] }), 200)
  t.equal(await statusOf('/', `${hostname()}:9187`), 200, 'the name that /sd lists')
  const logins = () => ({ everything: ['token'], teams: new Map() })
  t.equal(await statusOf('/', 'evil.example', { logins }), 401, 'the login protects, under every name')
})

test('the message about a name that is not allowed names the setting and repeats only the beginning of the name', async (t) => {
  const get = async (host: string) => (await createApp(makeServed()).inject({ url: '/', headers: { host } })).body
  t.match(await get('evil.example'), /^The host name "evil\.example" is not allowed\. Add it to PGVITALS_ALLOWED_HOSTS/)
  t.ok((await get('x.'.repeat(7000))).length < 400)
})
