import type { Identity } from '../server/facts.ts'
import type { DatabaseState } from './database-state.ts'

/** Which running server answers under a name, for each database that says so. */
export interface Answering {
  readonly server: string
  readonly identities: readonly Identity[]
}

/**
 * The names under which one running server is watched more than once: the same system identifier, which a
 * standby shares, and the same start time, which it does not.
 */
export function findTwins(answering: readonly Answering[]): readonly (readonly string[])[] {
  const names = new Map<string, Set<string>>()
  for (const { server, identities } of answering) {
    for (const { systemIdentifier, startTime } of identities) {
      const key = `${systemIdentifier} ${startTime}`
      names.set(key, (names.get(key) ?? new Set()).add(server))
    }
  }
  return [...names.values()].filter((twins) => twins.size > 1).map((twins) => [...twins].sort())
}

/** Who answers now, as far as the roles may know. */
export function identitiesOf(states: readonly DatabaseState[]): readonly Identity[] {
  return states.flatMap(({ isUp, identity }) => (isUp && identity !== undefined ? [identity] : []))
}
