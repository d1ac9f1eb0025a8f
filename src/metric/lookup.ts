import type { LookedUp } from '../query/query.ts'

const mostKnown = 5000

/** A text that was found for a value, and in which database; undefined where the query does not say. */
export interface Found {
  readonly id: string
  readonly text: string
  readonly datname: string | undefined
}

interface Known {
  readonly text: string
  /** The databases of which it is the text; undefined where the query does not say. */
  readonly ranIn: ReadonlySet<string> | undefined
  /** The databases in which it was looked for. */
  readonly askedIn: ReadonlySet<string>
}

/** The values that are shown, each with the databases of its series. */
export type ShownIn = ReadonlyMap<string, ReadonlySet<string>>

/** Remembers what was looked up, and what is still to be asked and when. Milliseconds. */
export class Lookup {
  readonly #lookup: LookedUp
  readonly #known = new Map<string, Known>()
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(lookup: LookedUp) {
    this.#lookup = lookup
  }

  /** What of these is unknown, or not yet known of one of its databases, and may be asked for now: nothing when the last time is not long enough ago. */
  wanted(shown: ShownIn, now: number): readonly string[] {
    if (now - this.#askedAt < this.#lookup.everySeconds * 1000) return []
    const unknown = [...shown].flatMap(([id, datnames]) => (this.#isKnown(id, datnames) ? [] : [id]))
    if (unknown.length > 0) this.#askedAt = now
    return unknown
  }

  #isKnown(id: string, datnames: ReadonlySet<string>): boolean {
    const known = this.#known.get(id)
    return known !== undefined && (known.ranIn === undefined || [...datnames].every((datname) => known.askedIn.has(datname)))
  }

  /** Takes what was found of these values: of several texts of one value the one that is known already, or the first. */
  learn(shown: ShownIn, found: readonly Found[]): void {
    const byId = new Map<string, Found[]>()
    for (const one of found) byId.set(one.id, [...(byId.get(one.id) ?? []), one])
    for (const [id, texts] of byId) {
      const before = this.#known.get(id)
      const text = texts.find((one) => one.text === before?.text)?.text ?? texts[0]?.text ?? ''
      const same = texts.filter((one) => one.text === text)
      const ranIn = same.some(({ datname }) => datname === undefined) ? undefined : new Set(same.map(({ datname = '' }) => datname))
      this.#known.set(id, { text, ranIn, askedIn: new Set([...(shown.get(id) ?? []), ...texts.map(({ datname = '' }) => datname)]) })
    }
  }

  textOf(id: string): string | undefined {
    return this.#known.get(id)?.text
  }

  /** Those of the databases in which the value's series are that ran this text: equal values may stand for different texts. */
  ranIn(id: string, datnames: ReadonlySet<string>): readonly string[] {
    const ranIn = this.#known.get(id)?.ranIn
    return [...datnames].filter((datname) => ranIn === undefined || ranIn.has(datname))
  }

  /** Forgets the oldest beyond the bound, but none of these. */
  keep(ids: ShownIn): void {
    for (const id of this.#known.keys()) {
      if (this.#known.size <= mostKnown) return
      if (!ids.has(id)) this.#known.delete(id)
    }
  }
}
