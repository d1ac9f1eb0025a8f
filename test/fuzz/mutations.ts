import { int32, serverMessage } from './client-messages.ts'
import type { Random } from './random.ts'

/** The chunks that a server sends in one turn, and the action that follows. */
export interface Sent {
  readonly chunks: readonly Buffer[]
  /** `more` waits for the client, `close` ends the connection, `silence` never sends again, `endless` repeats a chunk. */
  readonly after: 'more' | 'close' | 'silence' | { readonly endless: Buffer }
}

type Messages = readonly Buffer[]
type Mutation = (messages: Messages, random: Random) => Messages | Sent

const text = (value: string) => `${value}\0`

/** Messages that no server sends, and bytes of other services. */
const hostile: readonly Buffer[] = [
  serverMessage('R', int32(0)),
  serverMessage('R', int32(3)),
  serverMessage('R', int32(5), 'salt'),
  serverMessage('R', int32(7)),
  serverMessage('R', int32(10), 'SCRAM-SHA-256\0\0'),
  serverMessage('R', int32(10), 'SCRAM-SHA-256'),
  serverMessage('R', int32(11), 'r=x,s=AAAA,i=2147483647'),
  serverMessage('R', int32(12), 'v=AAAA'),
  serverMessage('R', int32(99)),
  serverMessage('R'),
  serverMessage('E'),
  serverMessage('E', 'SFATAL'),
  serverMessage('E', 'SERROR\0C42501\0Mrefused\0'),
  serverMessage('E', text('SERROR'), text('C28P01'), text('Mpassword'), '\0'),
  serverMessage('E', text(`C${'9'.repeat(5000)}`), text(`M${'x'.repeat(20_000)}`), '\0'),
  serverMessage('N', 'M'),
  serverMessage('A', int32(1), text('channel'), text('payload')),
  serverMessage('S', 'server_encoding'),
  serverMessage('S', text('server_encoding'), text('EUC_JP')),
  serverMessage('S', text('server_version'), text('9'.repeat(20_000))),
  serverMessage('K', 'short'),
  serverMessage('v', int32(0), int32(0)),
  serverMessage('T', '\xff\xff'),
  serverMessage('T', '\0\x01a'),
  serverMessage('T'),
  serverMessage('D', '\xff\xff'),
  serverMessage('D', '\0\x01', int32(-2)),
  serverMessage('D'),
  serverMessage('C'),
  serverMessage('I'),
  serverMessage('n'),
  serverMessage('s'),
  serverMessage('t', '\xff\xff'),
  serverMessage('G', '\0\0\x01\0\0'),
  serverMessage('H', '\0\0\x01\0\0'),
  serverMessage('W', '\0\0\x01\0\0'),
  serverMessage('d', 'copied'),
  serverMessage('c'),
  serverMessage('V', int32(-1)),
  serverMessage('Z', 'I'),
  serverMessage('Z'),
  Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
  Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n'),
  Buffer.from('-ERR unknown command\r\n-DENIED Redis is running in protected mode\r\n'),
  Buffer.from('220 mail.example.org ESMTP\r\n'),
  Buffer.from([0x15, 0x03, 0x03, 0, 2, 2, 40]),
  Buffer.from([0x16, 0x03, 0x03, 0x40, 0, ...Array.from({ length: 60 }, (_, index) => index)])
]

const extremes = [0, 1, 3, 4, 5, 0x7fff, 0xffff, 16 * 1024 * 1024, 0x7fffffff, 0x80000000, 0xffffffff]

/** Replaces one message by others. */
const replaceOne =
  (replace: (message: Buffer, random: Random) => Messages): Mutation =>
  (messages, random) => {
    const at = random.below(messages.length)
    return messages.flatMap((message, index) => (index === at ? replace(message, random) : [message]))
  }

const changed = (message: Buffer, change: (copy: Buffer) => unknown): Messages => {
  const copy = Buffer.from(message)
  change(copy)
  return [copy]
}

/** A position in the body, or in the header of a message without one. */
const place = (message: Buffer, random: Random) =>
  message.length > 5 ? 5 + random.below(message.length - 5) : random.below(message.length)

const mutations: Readonly<Record<string, Mutation>> = {
  'flip bits': replaceOne((message, random) =>
    changed(message, (copy) => {
      for (let count = 1 + random.below(4); count > 0; count--) {
        const at = random.below(copy.length)
        copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
      }
    })
  ),
  'random bytes': replaceOne((message, random) =>
    changed(message, (copy) => random.bytes(1 + random.below(8)).copy(copy, place(copy, random)))
  ),
  'extreme number': replaceOne((message, random) =>
    changed(message, (copy) => {
      const bytes = int32(random.pick(extremes)).subarray(random.pick([0, 2]))
      bytes.copy(copy, place(copy, random))
    })
  ),
  'extreme length': replaceOne((message, random) => changed(message, (copy) => int32(random.pick(extremes)).copy(copy, 1))),
  'length off by a few': replaceOne((message, random) =>
    changed(message, (copy) => int32(copy.readUInt32BE(1) + random.pick([-4, -2, -1, 1, 2, 4])).copy(copy, 1))
  ),
  truncate: replaceOne((message, random) => [message.subarray(0, random.below(message.length))]),
  'truncate with its length': replaceOne((message, random) =>
    changed(message.subarray(0, Math.max(5, random.below(message.length))), (copy) => int32(copy.length - 1).copy(copy, 1))
  ),
  'other type': replaceOne((message, random) =>
    changed(message, (copy) => Buffer.from(random.pick([...'123ACDEGHIKNRSTWZcdnstvV?'])).copy(copy))
  ),
  duplicate: replaceOne((message, random) => Array.from({ length: random.pick([2, 3, 500]) }, () => message)),
  drop: replaceOne(() => []),
  swap: (messages, random) => {
    const [one, other] = [random.below(messages.length), random.below(messages.length)]
    return messages.map((message, index) => (index === one ? messages[other] : index === other ? messages[one] : undefined) ?? message)
  },
  insert: replaceOne((message, random) => [random.pick(hostile), message]),
  append: (messages, random) => [...messages, random.pick(hostile)],
  replace: (_, random) => [random.pick(hostile)],
  challenge: replaceOne((message, random) => {
    const attribute = random.pick([
      'i=2147483647',
      'i=0',
      'i=-1',
      'i=1e9',
      `s=${'A'.repeat(20_000)}`,
      's=',
      `r=${'r'.repeat(20_000)}`,
      'v=AAAA',
      'e=no'
    ])
    const [name = ''] = attribute
    const body = message.toString('latin1', 5).replace(new RegExp(`${name}=[^,]*`), attribute)
    return [serverMessage(message.toString('latin1', 0, 1), Buffer.from(body, 'latin1'))]
  }),
  'close early': (messages, random) => ({ chunks: messages.slice(0, random.below(messages.length)), after: 'close' }),
  silence: (messages, random) => ({ chunks: messages.slice(0, random.below(messages.length)), after: 'silence' }),
  endless: (messages, random) => {
    const at = random.below(messages.length)
    const repeated = random.pick([messages[at], random.pick(hostile), random.bytes(100), Buffer.alloc(100, 'x')]) ?? Buffer.from('Z')
    return {
      chunks: messages.slice(0, at),
      after: { endless: Buffer.concat(Array.from({ length: 1 + 65_536 / repeated.length }, () => repeated)) }
    }
  }
}

/** Mutations that wait for a deadline or transfer much are rare. */
const rare: Readonly<Record<string, number>> = { silence: 0.1, endless: 0.05 }

export type MutationName = string

export function pickMutation(random: Random): MutationName {
  for (;;) {
    const name = random.pick(Object.keys(mutations))
    if (random.chance(rare[name] ?? 1)) return name
  }
}

/** The turn that a server with this fault sends instead of these messages. */
export function mutate(name: MutationName, messages: Messages, random: Random): Sent {
  const mutated = messages.length === 0 ? messages : (mutations[name]?.(messages, random) ?? messages)
  const { chunks, after } = 'after' in mutated ? mutated : { chunks: mutated, after: 'more' as const }
  return { chunks: random.chance(0.2) ? splitAnywhere(Buffer.concat(chunks), random) : [Buffer.concat(chunks)], after }
}

function splitAnywhere(bytes: Buffer, random: Random): Messages {
  const pieces: Buffer[] = []
  const most = random.pick([1, 5, 100, 5000])
  for (let at = 0; at < bytes.length && pieces.length < 50; ) {
    const length = 1 + random.below(most)
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return [...pieces, bytes.subarray(pieces.reduce((sum, piece) => sum + piece.length, 0))]
}
