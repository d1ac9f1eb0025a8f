import { createHash } from 'node:crypto'
import { decodeText } from './decode-text.ts'
import { ClassedError } from './error-class.ts'

/** The result of one statement: the column names and the rows in PostgreSQL's text format, null for SQL null. */
export interface Answer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** The number of rows beyond the limit, which were received and discarded. */
  readonly cutRows: number
  /** Equal only for results with the same bytes; undefined for a result that is combined from several. */
  readonly digest?: string | undefined
}

/** A larger result ends the connection. */
export const maxAnswerBytes = 64 * 1024 * 1024

/** A run of consecutive messages in one chunk. */
interface Run {
  readonly bytes: Buffer
  readonly start: number
  end: number
}

const headerBytes = 5

/** Source: PostgreSQL's documentation, "PostgreSQL Limits". */
const mostColumns = 1664

/**
 * A result as it was received: the messages are kept as bytes, and columns and rows are decoded at their first use. A
 * result with the same digest as the last one is not decoded.
 */
export class ReceivedAnswer implements Answer {
  readonly #maxRows: number
  readonly #encoding: string
  #description: Buffer | undefined
  readonly #runs: Run[] = []
  #length = 0
  #kept = 0
  #cutRows = 0
  #columns: readonly string[] | undefined
  #rows: readonly (readonly (string | null)[])[] | undefined
  #digest: string | undefined

  /** `encoding` is that of the database. */
  constructor(maxRows: number, encoding: string) {
    this.#maxRows = maxRows
    this.#encoding = encoding
  }

  /** Takes a RowDescription message. */
  describe(bytes: Buffer, start: number, end: number): void {
    this.#description = bytes.subarray(start, end)
  }

  /** Takes a DataRow message. Rows beyond the limit are counted. */
  add(bytes: Buffer, start: number, end: number): void {
    if (this.#kept >= this.#maxRows) {
      this.#cutRows++
      return
    }
    this.#kept++
    this.#length += end - start
    if (this.#length > maxAnswerBytes) {
      throw new ClassedError('resources', `the result is larger than ${maxAnswerBytes / 1024 / 1024} MB; the connection was closed`)
    }
    const last = this.#runs.at(-1)
    if (last?.bytes === bytes && last.end === start) last.end = end
    else this.#runs.push({ bytes, start, end })
  }

  get cutRows(): number {
    return this.#cutRows
  }

  get digest(): string {
    this.#digest ??= this.#computeDigest()
    return this.#digest
  }

  get columns(): readonly string[] {
    this.#columns ??= this.#description === undefined ? [] : decodeColumns(this.#description)
    return this.#columns
  }

  get rows(): readonly (readonly (string | null)[])[] {
    this.#rows ??= [...this.decodeRows()]
    return this.#rows
  }

  /** Decodes the rows one by one and does not keep them. */
  *decodeRows(): Generator<readonly (string | null)[]> {
    const { columns } = this
    for (const { bytes, start, end } of this.#runs) {
      for (let at = start; at < end; at += 1 + bytes.readUInt32BE(at + 1)) yield decodeRow(bytes, at, columns, this.#encoding)
    }
  }

  #computeDigest(): string {
    const hash = createHash('sha256').update(`${this.#encoding} ${this.#cutRows} `)
    if (this.#description !== undefined) hash.update(this.#description)
    for (const { bytes, start, end } of this.#runs) hash.update(bytes.subarray(start, end))
    return hash.digest('base64')
  }
}

/** The rows of a result, for a caller that needs each of them once. */
export function eachRow(answer: Answer): Iterable<readonly (string | null)[]> {
  return answer instanceof ReceivedAnswer ? answer.decodeRows() : answer.rows
}

function decodeColumns(description: Buffer): readonly string[] {
  const columns: string[] = []
  let at = headerBytes + 2
  const count = description.readUInt16BE(headerBytes)
  if (count > mostColumns) throw invalid('RowDescription')
  while (columns.length < count) {
    const end = description.indexOf(0, at)
    if (end === -1) throw invalid('RowDescription')
    columns.push(description.toString('latin1', at, end))
    // After the name: table, column number, type, size, modifier and format.
    at = end + 19
  }
  return columns
}

function decodeRow(bytes: Buffer, start: number, columns: readonly string[], encoding: string): (string | null)[] {
  const row: (string | null)[] = []
  const end = start + 1 + bytes.readUInt32BE(start + 1)
  let at = start + headerBytes + 2
  for (let index = 0, count = bytes.readUInt16BE(start + headerBytes); index < count; index++) {
    const length = at + 4 > end ? end : bytes.readInt32BE(at)
    at += 4
    if (at + length > end) throw invalid('DataRow')
    row.push(length < 0 ? null : decodeText(bytes.toString('latin1', at, at + length), columns[index] ?? '', encoding))
    at += Math.max(0, length)
  }
  return row
}

function invalid(message: string): ClassedError {
  return new ClassedError('network', `the server sent an invalid ${message} message`)
}
