import type pg from 'pg'
import { serialize } from 'pg-protocol'
import type { ByteConnection } from './byte-connection.ts'
import type { Answer, ReceivedAnswer } from './received-answer.ts'

/** One statement and how it is run. */
export interface Statement {
  readonly sql: string
  /** The values of `$1`, `$2` …, in PostgreSQL's text format. */
  readonly parameters: readonly (string | null)[]
  readonly maxRows: number
  readonly deadlineSeconds: number
  /** A command that runs before the statement in the same transaction, in the same round trip. If the statement fails, it is undone. */
  readonly before?: string | undefined
  /** The name under which the statement is prepared. */
  readonly name?: string | undefined
  /** Whether the statement was prepared before; only its name is sent. */
  readonly isPrepared?: boolean
  /** Prepared statements that are no longer needed. */
  readonly closed?: readonly string[]
}

/** The methods of pg's connection whose types are missing in @types/pg. */
interface Protocol {
  readonly sendCopyFail: (message: string) => void
  readonly sync: () => void
}

/** The functions of a promise. */
interface Settle<Result> {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * One exchange in the extended protocol, which accepts a single statement: a query file cannot contain a second one. It
 * is submitted to pg's client, which calls its methods. All messages are sent in one write.
 */
export class Exchange implements pg.Submittable {
  readonly #statement: Statement
  readonly #settle: Settle<Answer>
  #answer: ReceivedAnswer | undefined

  constructor(statement: Statement, settle: Settle<Answer>) {
    this.#statement = statement
    this.#settle = settle
  }

  submit(submitted: pg.Connection): void {
    const { sql, parameters, maxRows, before, name = '', isPrepared = false, closed = [] } = this.#statement
    this.#answer = (submitted as ByteConnection).receive(maxRows, before !== undefined)
    const command = before === undefined ? [] : [serialize.parse({ text: before }), serialize.bind(), serialize.execute()]
    const messages = [
      ...closed.map((unused) => serialize.close({ type: 'S', name: unused })),
      ...command,
      ...(isPrepared ? [] : [serialize.parse({ name, text: sql })]),
      serialize.bind({ statement: name, values: [...parameters] }),
      serialize.describe({ type: 'P' }),
      serialize.execute(),
      serialize.sync()
    ]
    submitted.stream.write(Buffer.concat(messages))
  }

  handleError(error: unknown): void {
    this.#settle.reject(error)
  }

  handleReadyForQuery(): void {
    if (this.#answer !== undefined) this.#settle.resolve(this.#answer)
  }

  /** The server ignores the Sync that was sent before it requested data. */
  handleCopyInResponse(connection: ByteConnection): void {
    const { sendCopyFail, sync } = connection as unknown as Protocol
    sendCopyFail.call(connection, 'no data')
    sync.call(connection)
  }

  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}

/** One exchange in the simple protocol. Its results are discarded; pg's own query would collect them without a limit. */
export class SimpleExchange implements pg.Submittable {
  readonly #sql: string
  readonly #settle: Settle<void>

  constructor(sql: string, settle: Settle<void>) {
    this.#sql = sql
    this.#settle = settle
  }

  submit(connection: pg.Connection): void {
    ;(connection as ByteConnection).discard()
    connection.query(this.#sql)
  }

  handleError(error: unknown): void {
    this.#settle.reject(error)
  }

  handleReadyForQuery(): void {
    this.#settle.resolve()
  }

  handleCommandComplete(): void {}
}
