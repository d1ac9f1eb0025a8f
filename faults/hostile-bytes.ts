import { randomBytes } from 'node:crypto'
import { eitherState, type Fault, type Truth } from './fault.ts'
import { type Behaviour, respond } from './tcp-proxy.ts'

/** A message of PostgreSQL's protocol. Source: PostgreSQL's documentation, "Message Formats". */
function message(type: string, body: Buffer | string, announced?: number): Buffer {
  const bytes = Buffer.from(body)
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(announced ?? bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const int16 = (value: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

const authentication = (code: number, rest = '') => message('R', Buffer.concat([int32(code), Buffer.from(rest)]))
const ready = message('Z', 'I')
const loggedIn = Buffer.concat([
  authentication(0),
  message('S', 'server_version\x0018.0\0'),
  message('K', Buffer.concat([int32(1), int32(2)])),
  ready
])
const oneColumn = message('T', Buffer.concat([int16(1), Buffer.from('n\0'), int32(0), int16(0), int32(23), int16(4), int32(-1), int16(0)]))

/** Refuses TLS, then responds to the first packet with `first`, and to every later one with `later`. */
function peer(first: Buffer | string, later?: () => Buffer | string): Behaviour {
  return (client, upstream) => {
    let hasStarted = false
    respond((chunk) => {
      if (!hasStarted && chunk.length === 8) return 'N'
      const isFirst = !hasStarted
      hasStarted = true
      return isFirst ? first : later?.()
    })(client, upstream)
  }
}

/** Sends the chunk again and again, as fast as the client reads. */
function flood(first: Buffer | string, chunk: Buffer): Behaviour {
  return (client) => {
    const pour = () => {
      while (client.writable && client.write(chunk)) {}
    }
    client.once('data', (start: Buffer) => {
      const begin = () => {
        client.write(first)
        client.on('drain', pour)
        pour()
      }
      if (start.length !== 8) return begin()
      client.write('N')
      client.once('data', begin)
    })
  }
}

function bytesFault(name: string, behaviour: Behaviour, truth: Truth = anyFailure, holdSeconds = 0): Fault {
  return {
    name,
    group: 'bytes',
    holdSeconds,
    inject: async ({ victim: { proxy }, undo }) => {
      undo(proxy.reset)
      proxy.become(behaviour)
      proxy.cut()
    },
    truth
  }
}

const anyFailure: Truth = {
  says: 'pg_up 0, an error class',
  isState: true,
  holds: (seen, { victim: { name } }) => seen.up(name) === 0 && seen.reason(name, 'platform') !== 'not_polled'
}

const megabyte = Buffer.alloc(1_000_000, 'x')

export const hostileByteFaults: readonly Fault[] = [
  bytesFault('an HTTP server responds', peer('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')),
  bytesFault('an SSH server responds', (client) => void client.write('SSH-2.0-OpenSSH_9.2p1\r\n')),
  bytesFault('random bytes', peer(randomBytes(10_000))),
  bytesFault('random bytes without end', flood('', randomBytes(65_536))),
  bytesFault('zeros without end', flood('', Buffer.alloc(65_536))),
  bytesFault('authentication by GSSAPI (code 7) is requested', peer(authentication(7))),
  bytesFault('an unknown authentication code', peer(authentication(99))),
  bytesFault(
    'a SCRAM challenge without its fields',
    peer(authentication(10, 'SCRAM-SHA-256\0\0'), () => authentication(11, 'x'))
  ),
  bytesFault('an error message without its terminator', peer(message('E', 'SFATAL\0C28000\0Mno'))),
  bytesFault('a message of 2 GB is announced', peer(message('R', megabyte, 2_000_000_000))),
  bytesFault('a message of negative length', peer(message('R', 'x', -5))),
  bytesFault('notices without end during the login', flood('', message('N', 'SNOTICE\0C00000\0Mhello\0\0'))),
  bytesFault('parameters without end during the login', flood(authentication(0), message('S', `p\0${'v'.repeat(1000)}\0`))),
  bytesFault(
    'a row with more fields than announced',
    peer(loggedIn, () =>
      Buffer.concat([oneColumn, message('D', Buffer.concat([int16(1000), int32(1), Buffer.from('1')])), message('C', 'SELECT 1\0'), ready])
    )
  ),
  bytesFault(
    'a field longer than its row',
    peer(loggedIn, () =>
      Buffer.concat([
        oneColumn,
        message('D', Buffer.concat([int16(1), int32(1_000_000), Buffer.from('1')])),
        message('C', 'SELECT 1\0'),
        ready
      ])
    )
  ),
  bytesFault(
    'every query is answered with the end of another',
    peer(loggedIn, () => Buffer.concat([message('C', 'SELECT 1\0'), ready, message('C', 'SELECT 1\0'), ready]))
  ),
  bytesFault(
    'rows without end',
    flood(
      Buffer.concat([loggedIn, oneColumn]),
      Buffer.concat(Array.from({ length: 1000 }, () => message('D', Buffer.concat([int16(1), int32(1), Buffer.from('1')]))))
    )
  ),
  bytesFault('bytes of the connection are changed at random', corrupt, eitherState, 32)
]

/** Forwards, and changes one byte in a thousand. */
function corrupt(client: Parameters<Behaviour>[0], upstream: Parameters<Behaviour>[1]): void {
  const server = upstream()
  client.pipe(server)
  server.on('data', (chunk: Buffer) => {
    for (let index = Math.floor(Math.random() * 1000); index < chunk.length; index += 1 + Math.floor(Math.random() * 2000)) {
      chunk[index] = Math.floor(Math.random() * 256)
    }
    client.write(chunk)
  })
  client.on('close', () => server.destroy())
  server.on('close', () => client.destroy())
}
