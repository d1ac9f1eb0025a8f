import type { Statement } from './exchange.ts'
import type { Client } from './pg-client.ts'
import type { Answer } from './received-answer.ts'

/** Beyond this number, the statements that ran least recently are closed. */
const mostKnown = 100

/** Errors that an outdated plan can cause: 0A000 is "cached plan must not change result type", 26000 an unknown name. */
const outdated = /^(0A000|26000|42|XX)/

/** A statement that has run without error. */
interface Known {
  readonly name: string
  readonly isPrepared: boolean
}

/**
 * The prepared statements of one session. A statement is prepared when it runs for the second time, so that a session of
 * one poll cycle prepares nothing. The server checks privileges at each execution and plans again after a change of the
 * schema.
 */
export class PreparedStatements {
  readonly #client: Client
  /** By SQL text, the statement that ran least recently first. */
  readonly #known = new Map<string, Known>()
  /** Names to be closed with the next statement. */
  readonly #closed: string[] = []
  #names = 0

  constructor(client: Client) {
    this.#client = client
  }

  /** Runs a statement. If a prepared statement may be outdated, runs the text again. */
  async run(statement: Statement): Promise<Answer> {
    const { sql } = statement
    const known = this.#known.get(sql)
    this.#known.delete(sql)
    try {
      const answer = await this.#client.query({ ...statement, ...known, closed: this.#closed.splice(0) })
      this.#keep(sql, known && { ...known, isPrepared: true })
      return answer
    } catch (error) {
      const isOutdated = outdated.test(String((error as { readonly code?: unknown }).code))
      // Other errors, such as a timeout, do not depend on the plan.
      if (known?.isPrepared && !isOutdated) this.#keep(sql, known)
      else if (known !== undefined) this.#closed.push(known.name)
      if (!known?.isPrepared || !isOutdated || !this.#client.isOpen()) throw error
      return await this.run(statement)
    }
  }

  #keep(sql: string, known: Known | undefined): void {
    this.#known.set(sql, known ?? { name: `pgvitals_${++this.#names}`, isPrepared: false })
    const [first] = this.#known
    if (this.#known.size <= mostKnown || first === undefined) return
    this.#known.delete(first[0])
    if (first[1].isPrepared) this.#closed.push(first[1].name)
  }
}
