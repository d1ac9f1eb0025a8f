import type { DatabaseState } from '../poll/polled-database.ts'

/** The databases of one configured server. */
export interface NamedServer {
  readonly server: string
  readonly states: readonly DatabaseState[]
}

/**
 * The groups of configured servers that are the same running server: they have the same system identifier, which a
 * standby shares with its primary, and the same start time.
 */
export function findDuplicates(servers: readonly NamedServer[]): readonly (readonly string[])[] {
  const names = new Map<string, Set<string>>()
  for (const { server, states } of servers) {
    for (const { isUp, identity } of states) {
      if (!isUp || !identity?.systemIdentifier) continue
      const key = `${identity.systemIdentifier} ${identity.startTime}`
      names.set(key, (names.get(key) ?? new Set()).add(server))
    }
  }
  return [...names.values()].filter(({ size }) => size > 1).map((group) => [...group].sort())
}

/** The number of other configured servers that are the same running server. */
export function duplicatesOf(server: string, groups: readonly (readonly string[])[]): number {
  return Math.max(0, new Set(groups.filter((group) => group.includes(server)).flat()).size - 1)
}
