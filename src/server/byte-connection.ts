import type { Duplex } from 'node:stream'
import pg from 'pg'
import { Parser } from 'pg-protocol/dist/parser.js'
import { decodeText } from './decode-text.ts'
import { ClassedError } from './error-class.ts'
import { FrameSplitter } from './frames.ts'
import { MessageOrder } from './message-order.ts'
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

/** The methods of pg_hba.conf that pg does not support, by their code in an authentication request. */
const unsupportedMethods: Readonly<Record<number, string>> = { 2: 'krb5', 6: 'scm', 7: 'gss', 9: 'sspi' }

/** The lengths of authentication requests with a fixed length. */
const fixedLengths: Readonly<Record<number, number>> = { 0: 9, 3: 9, 5: 13 }

/** The types that pg parses. Of the others, only rows, their description and G, which requires a response, are used. */
const parsedTypes: ReadonlySet<string> = new Set('RSKCEZ')

/** A longer error message is cut. */
const maxErrorBytes = 64 * 1024

/** pg's parser reads a text up to its zero byte, even beyond the end of the message. An error message ends with two zero bytes. */
const padding = Buffer.alloc(2)

/**
 * A connection of pg that keeps rows as bytes. pg decodes every text as UTF-8, replaces invalid bytes, and decodes rows
 * that are not used. Other messages that are used are parsed by pg. An invalid or unexpected message ends the connection.
 */
export class ByteConnection extends pg.Connection {
  #encoding = 'UTF8'
  #answer: ReceivedAnswer | undefined
  readonly #order = new MessageOrder()

  /** Begins an exchange with one statement and returns its result. `isPreceded`: a command runs before the statement. */
  receive(maxRows: number, isPreceded: boolean): ReceivedAnswer {
    this.#order.begin(isPreceded ? 'before' : 'parsed')
    this.#answer = new ReceivedAnswer(maxRows, this.#encoding)
    return this.#answer
  }

  /** Begins an exchange whose results are discarded. */
  discard(): void {
    this.#order.begin('commands')
  }

  /** Called by pg for the socket, and again for the socket with TLS. */
  attachListeners(stream: Duplex): void {
    const parser = new Parser() as unknown as PacketParser
    // pg has no setting for the encoding of its reader.
    parser.reader.encoding = 'latin1'
    const splitter = new FrameSplitter((type, bytes, start, end) => {
      // The stream may have been destroyed because of an earlier message of the same chunk.
      if (stream.destroyed) return
      const kind = String.fromCharCode(type)
      this.#order.accept(kind === 'R' ? authenticationOf(bytes, start, end) : kind, end - start)
      if (kind === 'D') this.#answer?.add(bytes, start, end)
      else if (kind === 'T') this.#answer?.describe(bytes, start, end)
      else if (kind === 'G') this.emit('copyInResponse')
      else if (parsedTypes.has(kind)) {
        const cut = kind === 'E' ? Math.min(end, start + maxErrorBytes) : end
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
    // An exchange keeps its own result; after an error it has none.
    if (name === 'readyForQuery' || name === 'error') this.#answer = undefined
    if (name === 'parameterStatus') {
      if (parameterName === 'server_encoding') this.#encoding = parameterValue
    } else if (name === 'error') {
      message.message = decodeText(message.message || 'an error without a message', '', this.#encoding)
    }
    this.emit(name === 'error' ? 'errorMessage' : name, message)
  }
}

/** R with the code of the authentication request. Throws if the method is not supported or the length is impossible. */
function authenticationOf(bytes: Buffer, start: number, end: number): string {
  if (end - start < 9) throw new ClassedError('network', 'the server sent an invalid authentication request; the connection was closed')
  const code = bytes.readInt32BE(start + 5)
  const method = unsupportedMethods[code]
  if (method !== undefined) {
    throw new ClassedError('auth', `the server requires the authentication method ${method}, which is not supported`)
  }
  const isInvalid = fixedLengths[code] !== undefined && fixedLengths[code] !== end - start
  return isInvalid ? `R${code} of ${end - start} bytes` : `R${code}`
}
