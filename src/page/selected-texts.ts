import type { FamilyText } from '../metric/exposition.ts'

/** The positions of the texts by database. The texts of a snapshot do not change. */
const positions = new WeakMap<readonly FamilyText[], ReadonlyMap<string, readonly number[]>>()

/**
 * The texts of these databases and those that belong to no database, in the given order. The rows of a server-wide query about
 * other databases cost nothing, except once after each poll.
 */
export function textsAbout(texts: readonly FamilyText[], databases: Iterable<string>): readonly FamilyText[] {
  const byDatabase = positions.get(texts) ?? positionsOf(texts)
  positions.set(texts, byDatabase)
  const found = new Set(['', ...databases].flatMap((database) => byDatabase.get(database) ?? []))
  return [...found].sort((left, right) => left - right).flatMap((position) => texts[position] ?? [])
}

function positionsOf(texts: readonly FamilyText[]): ReadonlyMap<string, readonly number[]> {
  const byDatabase = new Map<string, number[]>()
  for (const [position, { datname, ranIn = [datname] }] of texts.entries()) {
    for (const database of ranIn) {
      const known = byDatabase.get(database)
      if (known === undefined) byDatabase.set(database, [position])
      else known.push(position)
    }
  }
  return byDatabase
}
