import type { Duplex } from 'node:stream'
import pg from 'pg'
import { Parser } from 'pg-protocol/dist/parser.js'
import { decodeText } from './decode-text.ts'

/** The parts of pg's protocol messages that contain text. */
interface Message {
  readonly name: string
  readonly parameterName?: string
  readonly parameterValue?: string
  readonly fields?: readonly { readonly name: string }[] | (string | null)[]
  message?: string
  detail?: string
  hint?: string
}

/**
 * A connection of pg that decodes each text by its column and the encoding of the database. pg decodes every text as UTF-8
 * and replaces invalid bytes.
 */
export class ByteConnection extends pg.Connection {
  #encoding = 'UTF8'
  #columns: readonly string[] = []

  /** Called by pg for the socket, and again for the socket with TLS. */
  attachListeners(stream: Duplex): void {
    const parser = new Parser()
    // pg has no setting for the encoding of its reader.
    const { reader } = parser as unknown as { readonly reader: { encoding: BufferEncoding } }
    reader.encoding = 'latin1'
    stream.on('data', (bytes: Buffer) => {
      parser.parse(bytes, (message) => {
        this.#decode(message as Message)
        this.emit(message.name === 'error' ? 'errorMessage' : message.name, message)
      })
    })
  }

  #decode(message: Message): void {
    const { name, parameterName, parameterValue = '', fields = [] } = message
    if (name === 'dataRow') {
      const values = fields as (string | null)[]
      for (const [index, value] of values.entries()) {
        if (value !== null) values[index] = decodeText(value, this.#columns[index] ?? '', this.#encoding)
      }
    } else if (name === 'rowDescription') {
      this.#columns = (fields as readonly { readonly name: string }[]).map((field) => field.name)
    } else if (name === 'parameterStatus') {
      if (parameterName === 'server_encoding') this.#encoding = parameterValue
    } else if (name === 'error' || name === 'notice') {
      for (const part of ['message', 'detail', 'hint'] as const) {
        const text = message[part]
        if (text !== undefined) message[part] = decodeText(text, '', this.#encoding)
      }
    }
  }
}
