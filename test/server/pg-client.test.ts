import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type Test, test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { openClient } from '../../src/server/pg-client.ts'

const int32 = (value: number) => Buffer.from([value >> 24, value >> 16, value >> 8, value])
const message = (type: string, body: Buffer | string) =>
  Buffer.concat([Buffer.from(type), int32(Buffer.byteLength(body) + 4), Buffer.from(body)])
const ready = message('Z', 'I')
const login = Buffer.concat([message('R', int32(0)), message('S', 'server_version\x0018.1\0'), message('K', 'pid key!'), ready])

/** A client of a server that accepts the login, answers later messages with these bytes, and never ends a connection itself. */
async function connect(t: Test, answer: Buffer) {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const opened = openClient(parseDatabaseUrl(`postgresql://u:p@127.0.0.1:${port}/x`), 'p', false)
  const [socket] = await accepted
  socket.on('error', () => {})
  socket.once('data', () => {
    socket.write(login)
    socket.once('data', () => socket.write(answer))
  })
  // A closed connection is noticed at the next write.
  const writing = setInterval(() => socket.write(message('N', 'MEndless\0\0')), 10)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  t.teardown(() => {
    clearInterval(writing)
    socket.destroy()
    server.close()
  })
  return { client: await opened, closed, socket }
}

const statement = { sql: 'select 1', parameters: [], maxRows: 1, deadlineSeconds: 1 }

test('close ends the connection to a server that ignores it and sends endless messages', { timeout: 20_000 }, async (t) => {
  const { client, closed } = await connect(t, message('E', 'C42501\0Mrefused\0\0'))
  await t.rejects(client.query(statement), { code: '42501' })
  // The server is not ready for another statement.
  await client.close()
  await closed
  t.notOk(client.isOpen())
})

test('an error outside a statement ends the connection', { timeout: 20_000 }, async (t) => {
  const { client, closed, socket } = await connect(t, ready)
  socket.write(message('E', 'SFATAL\0C57P01\0Mshutting down\0\0'))
  await closed
  t.notOk(client.isOpen())
})
