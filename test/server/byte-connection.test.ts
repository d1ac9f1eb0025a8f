import { Duplex } from 'node:stream'
import { test } from 'tap'
import { ByteConnection } from '../../src/server/byte-connection.ts'
import { classOf, messageOf } from '../../src/server/error-class.ts'
import { Exchange } from '../../src/server/exchange.ts'
import { maxFrameBytes } from '../../src/server/frames.ts'
import { type Answer, maxAnswerBytes } from '../../src/server/received-answer.ts'

/** A message of the server. */
function message(type: string, ...parts: readonly (string | Buffer | number)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'number' ? int16(part) : Buffer.from(part))))
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

const int16 = (value: number) => Buffer.from([value >> 8, value & 255])
const int32 = (value: number) => Buffer.from([value >> 24, value >> 16, value >> 8, value].map((byte) => byte & 255))
const columns = (...names: readonly string[]) => message('T', names.length, ...names.map((name) => `${name}\0${'\0'.repeat(18)}`))
const row = (...values: readonly (string | Buffer | null)[]) =>
  message('D', values.length, ...values.flatMap((value) => (value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), value])))
const status = (name: string, value: string) => message('S', `${name}\0${value}\0`)
const ready = message('Z', 'I')
const [parsed, bound, complete] = [message('1'), message('2'), message('C', 'SELECT 2\0')]
const error = (text: string) => message('E', `SERROR\0C42501\0M${text}\0\0`)

/** Sends these chunks to a connection on which a statement runs. Returns the result or the error, and the bytes sent. */
async function converse(
  chunks: readonly Buffer[],
  maxRows = 10
): Promise<{ readonly answer?: Answer; readonly error?: unknown; readonly sent: string }> {
  const sent: Buffer[] = []
  const write = (bytes: Buffer, _: unknown, done: () => void) => {
    sent.push(bytes)
    done()
  }
  const stream = new Duplex({ read() {}, write })
  const connection = new ByteConnection({ stream } as object)
  connection.attachListeners(stream)
  try {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const exchange = new Exchange({ sql: 'select 1', parameters: [], maxRows, deadlineSeconds: 1 }, { resolve, reject })
      // As pg's client does.
      connection.on('errorMessage', (failure) => exchange.handleError(failure))
      connection.on('readyForQuery', () => exchange.handleReadyForQuery())
      connection.on('copyInResponse', () => exchange.handleCopyInResponse(connection))
      stream.on('error', reject)
      exchange.submit(connection)
      for (const chunk of chunks) stream.emit('data', chunk)
      stream.on('close', () => reject(new Error('closed')))
    })
    return { answer, sent: String(Buffer.concat(sent)) }
  } catch (error) {
    return { error, sent: String(Buffer.concat(sent)) }
  }
}

const notice = message('N', 'SNOTICE\0C00000\0Mheads up\0\0')
const rows = [row('a', '1', null), row('ü', '', 'x'.repeat(40)), row('c', '3', 'cut')]
const conversations = {
  'rows among notices and parameters': [
    parsed,
    bound,
    notice,
    columns('l', 'v', 'n'),
    ...rows,
    status('TimeZone', 'UTC'),
    complete,
    notice,
    ready
  ],
  'no rows': [parsed, bound, columns('l'), complete, ready],
  'an empty statement': [parsed, bound, message('n'), message('I'), ready],
  'an error after some rows': [parsed, bound, columns('l', 'v', 'n'), ...rows, error('permission denied for ü'), ready],
  'copied rows': [parsed, bound, message('n'), message('H', '\0', 1, 0), message('d', 'a\n'), message('c'), complete, ready],
  'a request for rows': [parsed, bound, message('n'), message('G', '\0', 1, 0), error('COPY from stdin failed'), ready]
}

test('the result does not depend on how the bytes are split into chunks', async (t) => {
  for (const [name, messages] of Object.entries(conversations)) {
    const bytes = Buffer.concat(messages)
    const resultOf = async (chunks: readonly Buffer[]) => {
      const { answer, error, sent } = await converse(chunks, 2)
      return JSON.stringify([answer?.columns, answer?.rows, answer?.cutRows, answer?.digest, error && messageOf(error), sent])
    }
    const whole = await resultOf([bytes])
    const split = []
    for (let at = 1; at < bytes.length; at++) split.push(await resultOf([bytes.subarray(0, at), bytes.subarray(at)]))
    t.same(new Set(split), new Set([whole]), `${name}, in two chunks`)
    t.equal(await resultOf([...bytes].map((byte) => Buffer.from([byte]))), whole, `${name}, byte by byte`)
    t.equal(await resultOf(messages), whole, `${name}, message by message`)
  }
})

test('rows beyond the limit are counted; texts are decoded by the encoding of the database', async (t) => {
  const { answer } = await converse([Buffer.concat(conversations['rows among notices and parameters'])], 2)
  t.same(answer?.rows, [
    ['a', '1', null],
    ['ü', '', 'x'.repeat(40)]
  ])
  t.equal(answer?.cutRows, 1)
  const latin = [status('server_encoding', 'LATIN1'), columns('l'), row(Buffer.from([0xfc])), complete, ready]
  // The first exchange of a session is its start-up.
  t.same((await converse(latin)).answer?.rows, [['\ufffdfc']], 'of the start of the answer')
  t.match((await converse(conversations['an error after some rows'])).error, { code: '42501', message: 'permission denied for ü' })
  t.match((await converse(conversations['a request for rows'])).sent, /fno data|f\0\0\0.*no data\0S\0\0\0/s)
})

test('the digest depends on every byte of the columns and rows, and on the number of rows', async (t) => {
  const digest = async (...messages: readonly Buffer[]) => (await converse([...messages, complete, ready], 2)).answer?.digest
  const first = await digest(columns('l'), row('a'), row('b'))
  t.equal(await digest(columns('l'), notice, row('a'), row('b')), first)
  t.not(await digest(columns('m'), row('a'), row('b')), first)
  t.not(await digest(columns('l'), row('a'), row('c')), first)
  t.not(await digest(columns('l'), row('ab'), row('')), first)
  t.not(await digest(columns('l'), row('a'), row('b'), row('b')), first, 'a row beyond the limit')
})

test('an invalid message ends the connection with an error, and a large one reserves no more than its length', async (t) => {
  const invalid = {
    'an unknown type': [message('x')],
    'a length below its own': [Buffer.from([...Buffer.from('D'), 0, 0, 0, 3])],
    'a length beyond the limit': [Buffer.from([...Buffer.from('D'), 0x7f, 0xff, 0xff, 0xff])],
    'a length beyond the limit of short messages': [Buffer.from([...Buffer.from('S'), 0, 0, 0x80, 0])],
    'an unknown authentication': [message('R', int32(99))],
    'an authentication without a code': [message('R')]
  }
  for (const [name, messages] of Object.entries(invalid)) {
    const { error } = await converse(messages)
    t.equal(classOf(error), 'network', name)
    t.match(messageOf(error), /invalid|unexpected/, name)
  }
  const { error: gss } = await converse([message('R', int32(7))])
  t.match([classOf(gss), messageOf(gss)], ['auth', 'the server requires the authentication method gss, which is not supported'])
  // pg's parser reads until a zero byte.
  t.match((await converse([message('E', 'Mcut')])).error, { message: 'cut' })
  t.match((await converse([message('n'), message('C', 'SELECT'), message('S', 'TimeZone'), ready])).answer, { rows: [] })
  for (const [name, bytes] of [
    ['a field beyond its row', message('D', 1, int32(9), 'a')],
    ['fields beyond the row', message('D', 9, int32(1), 'a')]
  ] as const) {
    const { answer } = await converse([columns('l'), bytes, row('a'), complete, ready])
    t.throws(() => answer?.rows, { message: /invalid DataRow/ }, name)
  }
  for (const description of [message('T', 9, 'a'), columns(...Array.from({ length: 1665 }, () => 'a'))]) {
    const { answer } = await converse([description, complete, ready])
    t.throws(() => answer?.columns, { message: /invalid RowDescription/ })
  }
})

test('a long error message is cut, and a notice is not read', async (t) => {
  const text = 'x'.repeat(maxFrameBytes / 2)
  const { error: failure } = await converse([message('N', `M${text}`), error(text), ready])
  t.match(failure, { code: '42501', message: /^x{1000}/ })
  const { length } = messageOf(failure)
  t.ok(length < 1100, `${length} characters`)
  t.match((await converse([message('N', Buffer.alloc(9, 1)), columns('l'), row('a'), complete, ready])).answer?.rows, [['a']])
})

test('a result larger than the limit ends the connection', async (t) => {
  const large = row(Buffer.alloc(maxFrameBytes - 20))
  const { error } = await converse([columns('l'), ...Array.from({ length: maxAnswerBytes / maxFrameBytes + 1 }, () => Buffer.from(large))])
  t.equal(classOf(error), 'resources')
  t.equal(
    (await converse([columns('l'), large, large, large, large, large, large, complete, ready], 1)).answer?.cutRows,
    5,
    'rows that are cut have no size'
  )
})

test('a row counts with the chunk whose memory it keeps', async (t) => {
  const chunk = () => Buffer.concat([row('a'), message('N', Buffer.alloc(maxFrameBytes - 20))])
  const { error } = await converse([columns('l'), ...Array.from({ length: maxAnswerBytes / maxFrameBytes + 1 }, chunk)], 100)
  t.equal(classOf(error), 'resources')
})
