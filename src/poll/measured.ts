/** What one question costs as far as is known. */
interface Known {
  /** How long the last answer took. */
  readonly last: number
  /** What counts: the smaller of the last two, since whoever else keeps the machine busy makes us wait too. */
  readonly seconds: number | undefined
}

/** Until a question has been asked twice. */
const usualSeconds = 0.002

/**
 * How long the questions of one database take. The first time does not count: then everything is asked, everywhere
 * at once and with cold catalogs.
 */
export class Measured {
  readonly #known = new Map<string, Known>()

  /** Takes the time of the last answer, the same again when there was none since, and tells what counts. */
  take(question: string, last: number): number {
    const known = this.#known.get(question)
    if (known === undefined) this.#known.set(question, { last, seconds: undefined })
    else if (known.last !== last)
      this.#known.set(question, { last, seconds: known.seconds === undefined ? last : Math.min(last, known.last) })
    return this.#known.get(question)?.seconds ?? usualSeconds
  }
}
