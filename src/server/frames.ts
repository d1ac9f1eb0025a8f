import { ClassedError } from './error-class.ts'

/**
 * Receives one message of the server: its type, and its position in `bytes`, including the type and the length. The bytes
 * are not modified afterwards.
 */
export type TakeFrame = (type: number, bytes: Buffer, start: number, end: number) => void

/** A longer message ends the connection. */
export const maxFrameBytes = 16 * 1024 * 1024

/** A longer message of another type than `longTypes` ends the connection. Source: libpq, pqParseInput3. */
const maxShortFrameBytes = 30_000

/** The type (one byte) and the length (four bytes, which include themselves). */
const headerBytes = 5

/** The types that a server sends. Source: PostgreSQL's documentation, "Message Formats". */
const types: ReadonlySet<number> = new Set(Buffer.from('123ACDEGHIKNRSTWZcdnstv'))

/** The types that may be long: rows and their description, copied data, errors, notices and notifications. */
const longTypes: ReadonlySet<number> = new Set(Buffer.from('TDdENA'))

const empty = Buffer.alloc(0)

/**
 * Splits the bytes of a connection into messages. A message that spans several chunks is copied once; its memory is
 * allocated when its length is known. Throws at an unknown type or an impossible length.
 */
export class FrameSplitter {
  readonly #take: TakeFrame
  /** The beginning of an incomplete message: `#filled` bytes of `#partial`. */
  #partial: Buffer = empty
  #filled = 0

  constructor(take: TakeFrame) {
    this.#take = take
  }

  split(chunk: Buffer): void {
    let at = 0
    while (this.#filled > 0 && at < chunk.length) {
      const copied = chunk.copy(this.#partial, this.#filled, at)
      at += copied
      this.#filled += copied
      if (this.#filled < this.#partial.length) return
      const partial = this.#partial
      const length = frameLength(partial, 0)
      if (length > partial.length) {
        this.#keep(partial, 0, length)
      } else {
        this.#filled = 0
        this.#partial = empty
        this.#take(partial[0] ?? 0, partial, 0, length)
      }
    }
    while (at < chunk.length) {
      const left = chunk.length - at
      const length = left < headerBytes ? headerBytes : frameLength(chunk, at)
      if (left < length) {
        this.#keep(chunk, at, length)
        return
      }
      this.#take(chunk[at] ?? 0, chunk, at, at + length)
      at += length
    }
  }

  #keep(bytes: Buffer, start: number, length: number): void {
    this.#partial = Buffer.allocUnsafeSlow(length)
    this.#filled = bytes.copy(this.#partial, 0, start)
  }
}

/** The length of a message including its type. */
function frameLength(bytes: Buffer, at: number): number {
  const type = bytes[at] ?? 0
  const length = bytes.readUInt32BE(at + 1)
  if (!types.has(type)) throw invalid(`unknown type ${type}`)
  const most = longTypes.has(type) ? maxFrameBytes : maxShortFrameBytes
  if (length < headerBytes - 1 || length > most) throw invalid(`type ${String.fromCharCode(type)}, ${length} bytes`)
  return length + 1
}

function invalid(what: string): ClassedError {
  return new ClassedError('network', `the server sent an invalid message (${what}); the connection was closed`)
}
