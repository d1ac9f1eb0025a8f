/** How many of the last times count. */
const timesKept = 5

/** Until a question has been asked twice. */
const usualSeconds = 0.002

/**
 * How long the questions of one database take. The first time does not count: then everything is asked, everywhere
 * at once and with cold catalogs.
 */
export class Measured {
  readonly #known = new Map<string, { last: number; times: readonly number[] }>()

  /**
   * Takes the time of the last answer, the same again when there was none since, and tells what counts: the
   * smallest of the last few, since whoever else keeps the machine busy makes us wait too.
   */
  take(question: string, last: number): number {
    const known = this.#known.get(question)
    if (known === undefined) this.#known.set(question, { last, times: [] })
    else if (known.last !== last) this.#known.set(question, { last, times: [...known.times, last].slice(-timesKept) })
    const { times = [] } = this.#known.get(question) ?? {}
    return times.length === 0 ? usualSeconds : Math.min(...times)
  }
}
