/** A row as the choice sees it. */
export interface Contender {
  readonly key: string
  readonly datname: string
  readonly isMember: boolean
  /** How much it moved recently by each ranking column, and how large it is. */
  readonly scores: readonly number[]
  readonly sizes: readonly number[]
}

/** What every database has for certain, whatever the others do. */
const bestOfEachDatabase = 10

/** How much more a newcomer must have moved than a member to take its place. */
const memberAdvantage = 2

/**
 * Chooses the rows that matter now: first the best of each database, then of all together up to the limit.
 * The ranking columns take turns, so that a statement with few calls that reads much is chosen beside one
 * with many calls that reads nothing. Answers keys.
 */
export function chooseTop(contenders: readonly Contender[], limit: number): ReadonlySet<string> {
  const chosen = new Set<string>()
  const perDatabase = new Map<string, number>()
  // What has not moved at all fills the places that are left.
  const rankings = [rankByScore(contenders), rankBySize(contenders)]
  for (const ranking of rankings) {
    takeTurns(ranking, chosen, ({ datname }) => {
      const count = perDatabase.get(datname) ?? 0
      if (count < bestOfEachDatabase) perDatabase.set(datname, count + 1)
      return count < bestOfEachDatabase
    })
  }
  for (const ranking of rankings) takeTurns(ranking, chosen, () => chosen.size < limit)
  return chosen
}

type Rankings = readonly (readonly Contender[])[]

/** For each ranking column the contenders that moved, best first. */
function rankByScore(contenders: readonly Contender[]): Rankings {
  return columnsOf(contenders).map((column) => {
    const score = ({ scores, isMember }: Contender) => (scores[column] ?? 0) * (isMember ? memberAdvantage : 1)
    return contenders.filter((contender) => score(contender) > 0).sort((left, right) => score(right) - score(left) || byKey(left, right))
  })
}

/** For each ranking column all contenders, members first, then the largest. */
function rankBySize(contenders: readonly Contender[]): Rankings {
  return columnsOf(contenders).map((column) => {
    const size = ({ sizes }: Contender) => sizes[column] ?? 0
    return [...contenders].sort(
      (left, right) => Number(right.isMember) - Number(left.isMember) || size(right) - size(left) || byKey(left, right)
    )
  })
}

function columnsOf(contenders: readonly Contender[]): readonly number[] {
  return (contenders[0]?.scores ?? []).map((_, column) => column)
}

function byKey(left: Contender, right: Contender): number {
  return left.key < right.key ? -1 : 1
}

/** Offers the rows, each ranking's next one in turn and none twice, and chooses those that are taken. */
function takeTurns(rankings: Rankings, chosen: Set<string>, take: (contender: Contender) => boolean): void {
  const longest = Math.max(0, ...rankings.map((ranking) => ranking.length))
  const places = rankings.map(() => 0)
  const offered = new Set<string>()
  for (let turn = 0; turn < longest; turn++) {
    for (const [column, ranking] of rankings.entries()) {
      let place = places[column] ?? 0
      while (place < ranking.length && offered.has(ranking[place]?.key ?? '')) place++
      places[column] = place + 1
      const next = ranking[place]
      if (next === undefined) continue
      offered.add(next.key)
      if (!chosen.has(next.key) && take(next)) chosen.add(next.key)
    }
  }
}
