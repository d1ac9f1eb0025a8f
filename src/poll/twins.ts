import type { Watch } from './watch.ts'

/**
 * How many other watches meet the same running server: the same system identifier, which a standby shares,
 * and the same start time, which it does not.
 */
export function countTwins(watches: readonly Watch[]): ReadonlyMap<Watch, number> {
  const identities = new Map(
    watches.map((watch) => [
      watch,
      new Set(watch.states.flatMap(({ identity }) => (identity ? `${identity.systemIdentifier} ${identity.startTime}` : [])))
    ])
  )
  const counts = new Map<Watch, number>()
  for (const [watch, own] of identities) {
    const others = [...identities].filter(([other, theirs]) => other !== watch && [...theirs].some((identity) => own.has(identity)))
    counts.set(watch, others.length)
  }
  return counts
}
