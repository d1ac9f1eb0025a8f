import { once } from 'node:events'
import { constants, createGzip } from 'node:zlib'
import { type Clock, systemClock } from '../clock.ts'

/** The text of a page and its compressed form, each built at its first request. */
export interface PageText {
  readonly text: () => Buffer
  readonly gzip: () => Promise<Buffer>
  /** Whether each form is in memory. */
  readonly isCompressed: () => boolean
  /** Their size, without the parts, which belong to the snapshots. */
  readonly bytes: () => number
  /** The duration of building them. */
  readonly ms: () => number
}

/** Creates the text of these parts. They must not change. */
export function createPageText(parts: readonly Buffer[], compress: Compress = compressor(), clock: Clock = systemClock): PageText {
  let text: Buffer | undefined
  let compressed: Promise<Buffer> | undefined
  let [bytes, ms] = [0, 0]
  const finished = (buffer: Buffer, startedAt: number) => {
    bytes += buffer.length
    ms += clock.now() - startedAt
    return buffer
  }
  return {
    text: () => {
      text ??= finished(Buffer.concat(parts), clock.now())
      return text
    },
    gzip: () => {
      const startedAt = clock.now()
      compressed ??= compress(parts).then(
        (buffer) => finished(buffer, startedAt),
        (error) => {
          // The next request compresses again.
          compressed = undefined
          throw error
        }
      )
      return compressed
    },
    isCompressed: () => compressed !== undefined,
    bytes: () => bytes,
    ms: () => ms
  }
}

export type Compress = (parts: readonly Buffer[]) => Promise<Buffer>

const blockBytes = 512 * 1024

/**
 * Creates a function that compresses with gzip, one page after the other, in a thread of zlib. The parts are copied block
 * by block into one block of memory: joining a large page as a whole would block the event loop and allocate memory
 * each time.
 */
export function compressor(): Compress {
  let block: Buffer | undefined
  let last: Promise<unknown> = Promise.resolve()
  return (parts) => {
    block ??= Buffer.allocUnsafeSlow(blockBytes)
    const memory = block
    const compressed = last.then(() => gzip(parts, memory))
    last = compressed.catch(() => {})
    return compressed
  }
}

async function gzip(parts: readonly Buffer[], block: Buffer): Promise<Buffer> {
  const stream = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 })
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  // It also handles an error during a write, which would otherwise end the process.
  const ended = once(stream, 'end')
  ended.catch(() => {})
  for (const length of fill(block, parts)) {
    // The block can be overwritten once zlib has read it.
    await new Promise<void>((resolve, reject) => {
      stream.write(block.subarray(0, length), (error) => (error ? reject(error) : resolve()))
    })
  }
  stream.end()
  await ended
  return Buffer.concat(chunks)
}

/** Copies the parts into the block. Yields the number of bytes each time the block is full, and at the end. */
function* fill(block: Buffer, parts: readonly Buffer[]): Generator<number> {
  let length = 0
  for (const part of parts) {
    for (let offset = 0; offset < part.length; ) {
      const copied = part.copy(block, length, offset)
      offset += copied
      length += copied
      if (length < block.length) continue
      yield length
      length = 0
    }
  }
  if (length > 0) yield length
}
