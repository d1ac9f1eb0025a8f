import type { LookedUp } from '../query/query.ts'

const mostKnown = 5000

/** Remembers what was looked up, and what is still to be asked and when. Milliseconds. */
export class Lookup {
  readonly #lookup: LookedUp
  readonly #known = new Map<string, string>()
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(lookup: LookedUp) {
    this.#lookup = lookup
  }

  /** What of these is unknown and may be asked for now: nothing when the last time is not long enough ago. */
  wanted(ids: Iterable<string>, now: number): readonly string[] {
    if (now - this.#askedAt < this.#lookup.everySeconds * 1000) return []
    const unknown = [...new Set(ids)].filter((id) => !this.#known.has(id))
    if (unknown.length > 0) this.#askedAt = now
    return unknown
  }

  learn(found: ReadonlyMap<string, string>): void {
    for (const [id, text] of found) this.#known.set(id, text)
  }

  textOf(id: string): string | undefined {
    return this.#known.get(id)
  }

  /** Forgets the oldest beyond the bound, but none of these. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#known.keys()) {
      if (this.#known.size <= mostKnown) return
      if (!ids.has(id)) this.#known.delete(id)
    }
  }
}
