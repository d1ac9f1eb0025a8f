import type { Clock } from '../clock.ts'

/** A text is kept for this multiple of the time that it took to make: it then takes at most a twentieth of a core. */
const keptPerCost = 19

/**
 * Creates a function that makes the text of a key, or returns the last one. A text that is expensive to make is kept longer,
 * so that frequent requests do not delay everything else, and all responses share its memory.
 */
export function createSharedText(clock: Clock): (key: string, make: () => string) => Buffer {
  const kept = new Map<string, { readonly text: Buffer; readonly until: number }>()
  return (key, make) => {
    const startedAt = clock.now()
    for (const [other, { until }] of kept) if (until <= startedAt) kept.delete(other)
    const known = kept.get(key)
    if (known !== undefined) return known.text
    const text = Buffer.from(make())
    const madeAt = clock.now()
    kept.set(key, { text, until: madeAt + keptPerCost * (madeAt - startedAt) })
    return text
  }
}
