import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { test } from 'tap'
import { HeldConnection } from '../../src/poll/held-connection.ts'
import { runPollCycle } from '../../src/poll/poll-cycle.ts'
import { Scrapers } from '../../src/poll/scrapers.ts'
import { ServerPoller } from '../../src/poll/server-poller.ts'
import { createMeter } from '../../src/self/meter.ts'
import { connection, makeDatabase, makeServer } from './make-server.ts'

/** A message of PostgreSQL's protocol: its type, its length, its content. */
function message(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(content.length + 4)
  return Buffer.concat([Buffer.from(type), length, content])
}

/** A server that requests a password and rejects it, and the number of passwords that it received. */
async function startRejectingServer() {
  let passwords = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    // The start-up packet has no type.
    socket.once('data', () => {
      socket.write(message('R', Buffer.from([0, 0, 0, 3])))
      socket.once('data', () => {
        passwords++
        socket.end(message('E', Buffer.from('SFATAL\0C28P01\0Mpassword authentication failed\0\0')))
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port: typeof address === 'object' && address !== null ? address.port : 0, passwords: () => passwords, close }
}

test('only one of the databases that share a rejected credential attempts a login, and again after the back-off', async (t) => {
  const server = await startRejectingServer()
  t.teardown(server.close)
  const names = ['a', 'b', 'c', 'd']
  const runs = join(t.testdir(), 'runs')
  const password = { command: ['sh', '-c', `echo once >> '${runs}'; echo secret`] }
  const target = { ...connection, host: '127.0.0.1', port: server.port, password, tls: { ...connection.tls, mode: 'disable' as const } }
  const databases = names.map((name) => makeDatabase(name, { connection: { ...target, database: name } }))
  const options = { queries: [], scrapers: new Scrapers(), sessionMaxAgeSeconds: 1800, discoverySeconds: 60, pollCostShare: 0.02 }
  let now = 0
  const poller = new ServerPoller(makeServer([], { databases }), { ...options, log: pino({ enabled: false }) }, now)
  const meter = createMeter('0')
  // As many sessions as are configured, so that the cycles run in parallel.
  poller.limiter.unreachable(0)
  const connections = new Map(names.map((name) => [name, new HeldConnection(poller.limiter, { now: () => now })]))
  const runCycles = () =>
    Promise.all([...connections].map(([name, held]) => runPollCycle(name, { poller, connection: held, clock: { now: () => now }, meter })))
  const failures = () => poller.states.map(({ failure }) => `${failure?.errorClass} ${failure?.message}`)

  await runCycles()
  t.equal(server.passwords(), 1)
  t.same(failures(), Array(4).fill('auth password authentication failed (28P01)'))
  const rejected = (await meter.samples()).filter(({ labels }) => labels.class === 'auth')
  t.match(rejected, [{ family: { name: 'pgvitals_errors_total' }, labels: { server: 's' }, value: 1 }], 'only the attempt is counted')

  now = 13_999
  await runCycles()
  t.equal(server.passwords(), 1)
  now = 14_000
  await runCycles()
  t.equal(server.passwords(), 2)
  t.equal(readFileSync(runs, 'utf8'), 'once\nonce\n', 'the command runs again after the rejection')
  t.equal(poller.openSessions, 0)
})
