import type { Duplex } from 'node:stream'
import pg from 'pg'
import { Parser } from 'pg-protocol/dist/parser.js'
import { decodeText } from './decode-text.ts'
import { ClassedError } from './error-class.ts'
import { FrameSplitter } from './frames.ts'
import { ReceivedAnswer } from './received-answer.ts'

/** The parts of pg's protocol messages that are used here. */
interface Message {
  readonly name: string
  readonly parameterName?: string
  readonly parameterValue?: string
  message?: string
}

/** pg's parser of one message. It is private in pg's types. */
interface PacketParser {
  readonly reader: { encoding: BufferEncoding }
  readonly handlePacket: (offset: number, type: number, length: number, bytes: Buffer) => Message
}

const rowDescription = 'T'.charCodeAt(0)
const dataRow = 'D'.charCodeAt(0)
const authentication = 'R'.charCodeAt(0)
const errorResponse = 'E'.charCodeAt(0)

/** The methods of pg_hba.conf that pg does not support, by their code in an authentication request. */
const unsupportedMethods: Readonly<Record<number, string>> = { 7: 'gss', 9: 'sspi' }

/** Types that are not used: copied data, notices and notifications. */
const unused: ReadonlySet<number> = new Set(Buffer.from('dNA'))

/** A longer error message is cut. */
const maxErrorBytes = 64 * 1024

/** pg's parser reads a text up to its zero byte, even beyond the end of the message. An error message ends with two zero bytes. */
const padding = Buffer.alloc(2)

/**
 * A connection of pg that keeps rows as bytes. pg decodes every text as UTF-8, replaces invalid bytes, and decodes rows
 * that are not used. Other messages are parsed by pg, except those of `unused` types. An invalid message ends the connection.
 */
export class ByteConnection extends pg.Connection {
  #encoding = 'UTF8'
  #answer: ReceivedAnswer | undefined

  /** Starts the result to which the next rows belong. */
  receive(maxRows: number): ReceivedAnswer {
    this.#answer = new ReceivedAnswer(maxRows, this.#encoding)
    return this.#answer
  }

  /** Ends the result. Other rows are discarded. */
  received(): void {
    this.#answer = undefined
  }

  /** Called by pg for the socket, and again for the socket with TLS. */
  attachListeners(stream: Duplex): void {
    const parser = new Parser() as unknown as PacketParser
    // pg has no setting for the encoding of its reader.
    parser.reader.encoding = 'latin1'
    const splitter = new FrameSplitter((type, bytes, start, end) => {
      if (type === dataRow) this.#answer?.add(bytes, start, end)
      else if (type === rowDescription) this.#answer?.describe(bytes, start, end)
      else if (!unused.has(type)) {
        if (type === authentication) requireSupported(bytes.readInt32BE(start + 5))
        const cut = type === errorResponse ? Math.min(end, start + maxErrorBytes) : end
        const padded = Buffer.concat([bytes.subarray(start, cut), padding])
        this.#take(parser.handlePacket(5, type, end - start - 1, padded))
      }
    })
    stream.on('data', (bytes: Buffer) => {
      try {
        splitter.split(bytes)
      } catch (error) {
        const { message } = error as Error
        stream.destroy(error instanceof ClassedError ? error : new ClassedError('network', `invalid message of the server: ${message}`))
      }
    })
  }

  #take(message: Message): void {
    const { name, parameterName, parameterValue = '' } = message
    if (name === 'parameterStatus') {
      if (parameterName === 'server_encoding') this.#encoding = parameterValue
    } else if (name === 'error') {
      message.message = decodeText(message.message ?? '', '', this.#encoding)
    }
    this.emit(name === 'error' ? 'errorMessage' : name, message)
  }
}

function requireSupported(code: number): void {
  const method = unsupportedMethods[code]
  if (method === undefined) return
  throw new ClassedError('auth', `the server requires the authentication method ${method}, which is not supported`)
}
