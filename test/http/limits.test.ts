import dns from 'node:dns'
import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import { createApp, type Served } from '../../src/http/app.ts'
import { makePage } from '../page/make-page.ts'
import { makeServed, recordingMeter, serveApp } from './make-served.ts'

const request = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** More than the buffers of the system for a connection, so that it cannot be sent without a reader. */
const large = makePage('pg_up{server="a"} 0\n'.repeat(2 ** 20), 0)

/** A connection that sends this text. Nothing is read from it unless `read` is called. */
async function open(port: number, text: string) {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
  await once(socket, 'connect')
  socket.pause()
  socket.write(text)
  return socket
}

async function read(socket: Socket): Promise<string> {
  let text = ''
  socket
    .setEncoding('latin1')
    .on('data', (chunk: string) => (text += chunk))
    .resume()
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

/** Waits until a condition holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500 && !condition(); attempt++) await delay(10)
}

/** Pages that wait until `release` is called. */
function waitingPages() {
  const waiting: (() => void)[] = []
  const metrics: Served['metrics'] = () => new Promise((resolve) => waiting.push(() => resolve(makePage('page', 0))))
  return {
    metrics,
    waiting,
    release: () => {
      for (const resolve of waiting.splice(0)) resolve()
    }
  }
}

test('of 1,000 requests on a connection that nobody reads, one page is in flight, and the connection is closed', async (t) => {
  const { http, counted } = recordingMeter()
  let pages = 0
  const metrics = async () => {
    pages++
    return large
  }
  const port = await serveApp(t, { http, metrics })
  const socket = await open(port, request.repeat(1000))
  await until(() => counted.rejected.length > 0)
  await until(() => counted.inFlight === 0)
  t.same(counted.rejected, ['busy'], 'counted once')
  t.ok(pages <= 1, `${pages} pages`)
  t.ok(counted.mostInFlight <= 1)
  t.equal(counted.inFlight, 0)
  socket.destroy()
})

test('a few requests on one connection are answered one after the other, in their order', async (t) => {
  const { http, counted } = recordingMeter()
  const { metrics, waiting, release } = waitingPages()
  const port = await serveApp(t, { http, metrics })
  const socket = await open(port, request.repeat(3).replace(/\r\n\r\n$/, '\r\nConnection: close\r\n\r\n'))
  const answer = read(socket)
  for (let page = 0; page < 3; page++) {
    await until(() => waiting.length > 0)
    t.equal(counted.inFlight, 1)
    release()
  }
  t.equal((await answer).match(/HTTP\/1.1 200 OK/g)?.length, 3)
  t.equal(counted.mostInFlight, 1)
  t.same(counted.rejected, [])
})

test('pages in flight are limited over all connections: 503 with Retry-After, and the next request succeeds', async (t) => {
  const { http, counted } = recordingMeter()
  const { metrics, waiting, release } = waitingPages()
  const port = await serveApp(t, { http, metrics, limits: { pages: 2 } })
  const get = () => fetch(`http://127.0.0.1:${port}/metrics`)
  const admitted = [get(), get()]
  await until(() => waiting.length === 2)
  const refused = await get()
  t.equal(refused.status, 503)
  t.equal(refused.headers.get('retry-after'), '1')
  t.equal(await refused.text(), 'too many pages in flight; try again\n')
  t.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200, 'health is not limited')
  t.same(counted.rejected, ['busy'])
  release()
  for (const response of await Promise.all(admitted)) t.equal(await response.text(), 'page')
  await until(() => counted.inFlight === 0)
  const next = get()
  await until(() => waiting.length === 1)
  release()
  t.equal((await next).status, 200)
})

test('different pages in flight are limited by their size, one page for all clients is not', async (t) => {
  const { http, counted } = recordingMeter()
  let page = large
  const port = await serveApp(t, { http, metrics: async () => page, limits: { pageBytes: 30 * 2 ** 20 } })
  const slow = [await open(port, request), await open(port, request), await open(port, request)]
  await until(() => counted.inFlight === 3)
  page = makePage(`${large.text}`, 1)
  const get = () => fetch(`http://127.0.0.1:${port}/metrics`, { headers: { 'accept-encoding': 'identity' } })
  const refused = await get()
  t.equal(refused.status, 503)
  t.equal(refused.headers.get('etag'), null)
  await refused.text()
  for (const socket of slow) socket.destroy()
  await until(() => counted.inFlight === 0)
  t.equal((await (await get()).text()).length, large.text.length)
})

test('a client that does not read, and one that reads too slowly, are disconnected', async (t) => {
  const { http, counted } = recordingMeter()
  const stalled = await serveApp(t, { http, metrics: async () => large, limits: { stalledMs: 200 } })
  const socket = await open(stalled, request)
  await until(() => counted.inFlight === 1)
  await until(() => counted.inFlight === 0)
  t.equal(counted.inFlight, 0, 'stalled')
  socket.destroy()

  const slow = await serveApp(t, { http, metrics: async () => large, limits: { responseMs: 300 } })
  const reader = await open(slow, request)
  await until(() => counted.inFlight === 1)
  const timer = setInterval(() => reader.read(1024), 20)
  t.teardown(() => clearInterval(timer))
  await until(() => counted.inFlight === 0)
  t.equal(counted.inFlight, 0, 'too slow')
  reader.destroy()
})

test('a connection whose headers are incomplete, or that sends nothing, is closed', async (t) => {
  const port = await serveApp(t, { limits: { headersMs: 200 } })
  const slow = await open(port, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ')
  t.match(await read(slow), /^HTTP\/1.1 408 Request Timeout\r\n/)
  const silent = await serveApp(t, { limits: { stalledMs: 200 } })
  t.equal(await read(await open(silent, '')), '')
})

test('a connection with invalid bytes or late headers is closed, even if the client continues to send', async (t) => {
  const port = await serveApp(t, { limits: { headersMs: 200 } })
  for (const [text, status] of [
    ['invalid\r\n\r\n', '400 Bad Request'],
    ['GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ', '408 Request Timeout']
  ] as const) {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    const answer = read(socket)
    socket.write(text)
    const timer = setInterval(() => socket.write('x'), 20).unref()
    const outcome = await Promise.race([answer, delay(3000, 'it stays open', { ref: false })])
    clearInterval(timer)
    socket.destroy()
    t.match(outcome, new RegExp(`^HTTP/1.1 ${status}\r\n`))
  }
})

test('for localhost there is one server, with all limits and the policy of TLS', async (t) => {
  const { lookup } = dns
  t.teardown(() => {
    dns.lookup = lookup
  })
  // As on a machine where the name has two addresses.
  dns.lookup = ((host: string, ...more: readonly unknown[]) => {
    const done = more.at(-1) as (error: null, found: unknown, family?: number) => void
    const isAll = more.length === 2 && (more[0] as { readonly all?: boolean }).all === true
    if (isAll)
      done(
        null,
        [1, 2].map((last) => ({ address: `127.0.0.${last}`, family: 4 }))
      )
    else done(null, isIP(host) > 0 ? host : '127.0.0.1', 4)
  }) as typeof dns.lookup
  const app = createApp(makeServed())
  t.teardown(() => app.close())
  await app.listen({ host: 'localhost', port: 0 })
  t.equal(app.addresses().length, 1)
})

test('at the limit of connections, idle ones are closed for new ones', async (t) => {
  const { http, counted } = recordingMeter()
  const port = await serveApp(t, { http, limits: { connections: 2 } })
  const idle = [await open(port, request), await open(port, request)]
  const closed = Promise.all(idle.map((socket) => read(socket)))
  await until(() => idle.every(({ bytesRead }) => bytesRead > 0))
  t.equal(await read(await open(port, '')), '', 'it is closed at once')
  t.same(counted.rejected, ['busy'])
  for (const text of await closed) t.match(text, /page$/)
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  t.equal(response.status, 200)
  await response.text()
})
