import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'tap'
import { createApp } from '../../src/http/app.ts'
import { securityHeaders } from '../../src/http/security-headers.ts'
import { makeServed, serveApp } from './make-served.ts'

/** The response to these bytes. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
  socket.write(text)
  await once(socket, 'close')
  return answer
}

test('every response has the security headers, errors included', async (t) => {
  const failing = () => {
    throw new Error('cannot read "secret"')
  }
  const errors: string[] = []
  const log = { warn: () => {}, error: (_: object, message: string) => void errors.push(message) }
  const app = createApp(makeServed({ isReady: () => false, status: failing, log }))
  const expected = {
    '/metrics': 200,
    '/sd': 200,
    '/healthz': 200,
    '/readyz': 503,
    '/': 500,
    '/none': 404,
    [`/${'x'.repeat(9000)}`]: 404,
    '/%': 400
  }
  for (const [url, status] of Object.entries(expected)) {
    const { statusCode, headers, body } = await app.inject(url)
    t.equal(statusCode, status, url.slice(0, 20))
    t.match(headers, securityHeaders)
    t.ok(body.length < 200, 'the request is not repeated')
    t.notMatch(body, 'secret')
  }
  t.same(errors, ['/ failed'])
  const denied = createApp(makeServed({ logins: () => ({ everything: ['x'], teams: new Map() }) }))
  t.match((await denied.inject('/')).headers, securityHeaders)
})

test('other methods are rejected with 405, and bytes that are not HTTP with 400', async (t) => {
  const port = await serveApp(t, {})
  const host = 'Host: localhost\r\n'
  for (const method of ['TRACE', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PROPFIND', 'PURGE']) {
    const answer = await exchange(port, `${method} /metrics HTTP/1.1\r\n${host}X-Echo: echo\r\nContent-Length: 0\r\n\r\n`)
    t.match(answer, /^HTTP\/1.1 405 Method Not Allowed\r\n/, method)
    t.match(answer, /allow: GET, HEAD\r\n/)
    t.match(answer, /x-content-type-options: nosniff\r\n/)
    t.notMatch(answer, 'echo')
  }
  t.equal(await exchange(port, `CONNECT example.com:80 HTTP/1.1\r\n${host}\r\n`), '', 'no proxy')
  for (const [text, status] of [
    ['\x16\x03\x01 TLS\r\n\r\n', '400 Bad Request'],
    [`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431 Request Header Fields Too Large']
  ] as const) {
    const answer = await exchange(port, text)
    t.match(answer, `HTTP/1.1 ${status}\r\n`)
    t.match(answer, 'x-content-type-options: nosniff\r\n')
  }
})

test('configured headers are added to every response and replace those of the same name', async (t) => {
  const headers = () => ({ 'strict-transport-security': 'max-age=1', 'X-Frame-Options': 'SAMEORIGIN' })
  const app = createApp(makeServed({ headers }))
  for (const url of ['/', '/none']) {
    t.match((await app.inject(url)).headers, { 'strict-transport-security': 'max-age=1', 'x-frame-options': 'SAMEORIGIN' })
  }
})

test('the style of the status page is the only one that the policy allows, and there is no script', async (t) => {
  const { headers, body } = await createApp(makeServed()).inject('/')
  const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(body) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  t.match(headers['content-security-policy'], `default-src 'none'; style-src 'sha256-${hash}'; img-src data:;`)
  t.notMatch(body, /<script|\sstyle=|\son\w+=/i)
})
