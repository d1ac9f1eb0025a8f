/** A series as the choice sees it. */
export interface Contender {
  readonly datname: string
  /** How much it moved recently, by each ranking column. */
  readonly scores: readonly number[]
}

export interface ChooseOptions<One> {
  readonly limit: number
  readonly isMember: (contender: One) => boolean
  /** How large it is by each ranking column. */
  readonly sizesOf: (contender: One) => readonly number[]
}

/** What every database has for certain, whatever the others do. */
const bestOfEachDatabase = 10

/** How much more a newcomer must have moved than a member to take its place. */
const memberAdvantage = 2

/**
 * Chooses the series that matter now: first the best of each database, then of all together up to the limit.
 * The ranking columns take turns, so that a statement with few calls that reads much is chosen beside one
 * with many calls that reads nothing. What has not moved fills the places that are left: members first, then
 * the largest.
 */
export function chooseTop<One extends Contender>(
  contenders: readonly One[],
  { limit, isMember, sizesOf }: ChooseOptions<One>
): ReadonlySet<One> {
  const chosen = new Set<One>()
  const sizes = new Map<One, readonly number[]>()
  const score = (contender: One, column: number) => (contender.scores[column] ?? 0) * (isMember(contender) ? memberAdvantage : 1)
  const fill = ({ offered, moved }: Offer<One>, places: number, enough: number) => {
    takeTurns(rankings(moved, places, score), chosen, enough)
    if (chosen.size >= enough) return
    for (const contender of offered) if (isMember(contender) && chosen.size < enough) chosen.add(contender)
    if (chosen.size >= enough) return
    for (const contender of offered) if (!sizes.has(contender)) sizes.set(contender, sizesOf(contender))
    takeTurns(
      rankings(offered, places, (contender, column) => sizes.get(contender)?.[column] ?? 0),
      chosen,
      enough
    )
    for (const contender of offered) if (chosen.size < enough) chosen.add(contender)
  }
  const offers = [...byDatabase(contenders)]
  for (const offer of offers) fill(offer, bestOfEachDatabase, chosen.size + Math.min(bestOfEachDatabase, offer.offered.length))
  fill({ offered: contenders, moved: offers.flatMap(({ moved }) => moved) }, limit, Math.min(limit, contenders.length))
  return chosen
}

interface Offer<One> {
  readonly offered: readonly One[]
  /** Those of them that have moved; most of thousands have not for long. */
  readonly moved: readonly One[]
}

type Score<One> = (contender: One, column: number) => number

/** For each ranking column the best of those that have a score, best first. */
function rankings<One extends Contender>(contenders: readonly One[], count: number, score: Score<One>): readonly (readonly One[])[] {
  return (contenders[0]?.scores ?? []).map((_, column) => best(contenders, count, (contender) => score(contender, column)))
}

/** The best of many in one pass: nearly all of them are compared once with the worst of those that are kept. */
function best<One>(contenders: readonly One[], count: number, score: (contender: One) => number): readonly One[] {
  const found: One[] = []
  const scores: number[] = []
  for (const contender of contenders) {
    const own = score(contender)
    if (own <= 0 || (found.length >= count && own <= (scores[count - 1] ?? 0))) continue
    let place = found.length
    while (place > 0 && (scores[place - 1] ?? 0) < own) place--
    found.splice(place, 0, contender)
    scores.splice(place, 0, own)
    found.length = Math.min(found.length, count)
    scores.length = found.length
  }
  return found
}

function byDatabase<One extends Contender>(contenders: readonly One[]): Iterable<Offer<One>> {
  const offers = new Map<string, { readonly offered: One[]; readonly moved: One[] }>()
  for (const contender of contenders) {
    const offer = offers.get(contender.datname) ?? { offered: [], moved: [] }
    if (offer.offered.push(contender) === 1) offers.set(contender.datname, offer)
    if (contender.scores.some(isAboveZero)) offer.moved.push(contender)
  }
  return offers.values()
}

function isAboveZero(score: number): boolean {
  return score > 0
}

/** Lets the rankings choose in turn, each its next one that is not chosen yet, until there are enough. */
function takeTurns<One>(ranked: readonly (readonly One[])[], chosen: Set<One>, enough: number): void {
  const places = ranked.map(() => 0)
  while (chosen.size < enough) {
    const before = chosen.size
    for (const [column, ranking] of ranked.entries()) {
      let place = places[column] ?? 0
      while (place < ranking.length && chosen.has(ranking[place] as One)) place++
      places[column] = place
      const next = ranking[place]
      if (next !== undefined && chosen.size < enough) chosen.add(next)
    }
    if (chosen.size === before) return
  }
}
