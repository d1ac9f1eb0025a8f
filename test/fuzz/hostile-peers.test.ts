import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type Test, test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { classOf, messageOf } from '../../src/server/error-class.ts'
import { openSession } from '../../src/server/session.ts'
import { type ClientMessage, int32, readClient, serverMessage } from './client-messages.ts'

/** The behaviour of a peer for a new connection. */
type Peer = (socket: Socket) => void

/** Opens a session with a peer. Returns the error, the number of connections, and whether the client closed all of them. */
async function visit(t: Test, peer: Peer, parameters = 'sslmode=disable') {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    // A socket that is not read does not notice that the client has closed it.
    socket.on('error', () => {}).resume()
    peer(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const error = await openSession(parseDatabaseUrl(`postgresql://u:secret@127.0.0.1:${port}/x?${parameters}`)).then(
    (session) => session.close(),
    (failure: unknown) => failure
  )
  await Promise.all(sockets.map((socket) => socket.destroyed || new Promise((resolve) => socket.once('close', resolve))))
  return { errorClass: classOf(error), message: messageOf(error), connections: sockets.length }
}

/** Answers each message after which the client waits; records the messages. */
function answering(answer: (message: ClientMessage, number: number) => Buffer | undefined, sent: ClientMessage[] = []): Peer {
  return (socket) => {
    let number = 0
    const read = readClient((message) => {
      sent.push(message)
      const bytes = answer(message, number++)
      if (bytes !== undefined) socket.write(bytes)
    })
    socket.on('data', read)
  }
}

/** Answers the first bytes of a connection. */
const replying =
  (bytes: Buffer | string): Peer =>
  (socket) =>
    void socket.once('data', () => socket.write(bytes))

const authentication = (code: number, body = '') => serverMessage('R', int32(code), body)
const ready = Buffer.concat([authentication(0), serverMessage('Z', 'I')])

const services: Readonly<Record<string, string>> = {
  http: 'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n400 Bad Request',
  ssh: 'SSH-2.0-OpenSSH_9.2p1\r\n',
  redis: '-ERR unknown command\r\n',
  smtp: '220 mail.example.org ESMTP\r\n',
  mysql: 'J\0\0\0\n8.0.36\0',
  'an alert of TLS': '\x15\x03\x03\0\x02\x02\x28',
  'an endless line': 'x'.repeat(1_000_000)
}

test('another service on the port is a network error, or a TLS error if TLS is required', { timeout: 60_000 }, async (t) => {
  for (const [name, text] of Object.entries(services)) {
    const plain = await visit(t, replying(Buffer.from(text, 'latin1')))
    t.match(plain, { errorClass: 'network', message: /invalid|unexpected/, connections: 1 }, name)
    const banner = await visit(t, (socket) => void socket.write(Buffer.from(text, 'latin1')))
    t.match(banner, { errorClass: 'network', connections: 1 }, `${name}, before the client has sent anything`)
    const required = await visit(t, replying(Buffer.from(text, 'latin1')), 'sslmode=require')
    t.match(required, { errorClass: 'tls', message: /is not a PostgreSQL server/, connections: 1 }, `${name}, sslmode=require`)
    // As in libpq, the connection without TLS is attempted next.
    t.match(await visit(t, replying(Buffer.from(text, 'latin1')), 'sslmode=prefer'), { errorClass: 'network', connections: 2 }, name)
  }
})

test('an invalid answer to the request for TLS ends the connection', { timeout: 60_000 }, async (t) => {
  const garbage: Peer = (socket) =>
    void socket.once('data', () => {
      socket.write('S')
      socket.once('data', () => socket.write(Buffer.alloc(100_000, 'x')))
    })
  t.match(await visit(t, garbage, 'sslmode=require'), { errorClass: 'tls', connections: 1 }, 'records that are not TLS')
  // Bytes that follow S without encryption could be those of an attacker.
  const stuffed = await visit(t, replying(Buffer.concat([Buffer.from('S'), ready])), 'sslmode=require')
  t.match(stuffed, { errorClass: 'tls', connections: 1 }, 'messages behind S')
  t.match(await visit(t, replying('N'), 'sslmode=require'), { errorClass: 'tls', message: /does not support TLS/ })
  const message = serverMessage('E', 'SFATAL\0C53300\0Mtoo many\0\0')
  t.match(await visit(t, replying(message), 'sslmode=require'), { errorClass: 'tls' }, 'an error is not shown: it is not authenticated')
})

test('a server cannot make the client calculate or write without end, or accept a login that was not proven', async (t) => {
  const challenge = ({ body }: ClientMessage, rest: string) => authentication(11, `r=${/r=(.*)$/.exec(String(body))?.[1]}server,${rest}`)
  const scram = authentication(10, 'SCRAM-SHA-256\0\0')
  const answer = (...steps: readonly ((message: ClientMessage) => Buffer)[]) => answering((message, number) => steps[number]?.(message))
  const iterations = await visit(
    t,
    answer(
      () => scram,
      (message) => challenge(message, 's=AAAA,i=2147483647')
    )
  )
  t.match(iterations, { errorClass: 'network', message: /2147483647 exceeds/ })
  const many = await visit(
    t,
    answer(
      () => scram,
      (message) => Buffer.concat(Array.from({ length: 500 }, () => challenge(message, 's=AAAA,i=1000000')))
    )
  )
  t.match(many, { errorClass: 'network', message: /unexpected message \(type R11/ }, 'one calculation')
  const unproven = await visit(
    t,
    answer(
      () => scram,
      (message) => challenge(message, 's=AAAA,i=4096'),
      () => ready
    )
  )
  t.match(unproven, { errorClass: 'network', message: /unexpected message \(type R0/ }, 'a server that does not know the password')
  const forged = await visit(
    t,
    answer(
      () => scram,
      (message) => challenge(message, 's=AAAA,i=4096'),
      () => Buffer.concat([authentication(12, 'v=AAAA'), ready])
    )
  )
  t.match(forged, { errorClass: 'network', message: /server signature does not match/ })
  const other = await visit(
    t,
    answer(() => authentication(10, 'OAUTHBEARER\0\0'))
  )
  t.match(other, { errorClass: 'auth', message: /SCRAM-SHA-256/ }, 'another mechanism')
})

test('as in libpq, a server may request the password in clear text or as MD5, but once', async (t) => {
  for (const [name, request, expected] of [
    ['clear text', authentication(3), /^secret\0$/],
    ['MD5', authentication(5, 'salt'), /^md5[0-9a-f]{32}\0$/]
  ] as const) {
    const sent: ClientMessage[] = []
    const result = await visit(
      t,
      answering((_, number) => (number === 0 ? Buffer.concat([request, request, request]) : undefined), sent)
    )
    t.match(result, { errorClass: 'network', message: /unexpected message \(type R/ }, name)
    const asked: ClientMessage[] = []
    await visit(
      t,
      answering((_, number) => (number === 0 ? request : serverMessage('E', 'SFATAL\0C28P01\0Mno\0\0')), asked)
    )
    t.match(
      asked.filter(({ type }) => type === 'p').map(({ body }) => String(body)),
      [expected]
    )
  }
})
