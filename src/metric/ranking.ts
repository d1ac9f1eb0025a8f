/** A candidate for one of the limited places on the page. */
export interface Candidate {
  /** The database it belongs to; `''` for the server. */
  readonly datname: string
  /** Whether it currently has a place. */
  readonly isMember: boolean
  /** For each ranking column: the recent increase of a counter, or the value of a gauge. */
  readonly scores: readonly number[]
}

const halfLifeSeconds = 300

/** A newcomer replaces a member if its score exceeds this multiple of the member's score. */
const memberAdvantage = 2

/** The factor by which scores of counters decay in this time. */
export function decay(milliseconds: number): number {
  return 2 ** (-milliseconds / 1000 / halfLifeSeconds)
}

/**
 * Chooses at most `limit` candidates, most important first: first the best of each database, up to its share of the limit,
 * then the best of all. The ranking columns alternate, so that a statement with few calls and many reads is chosen as well as one with many calls.
 * Remaining places are filled with members, then with the largest candidates by `sizesOf`.
 */
export function chooseTop<One extends Candidate>(
  candidates: readonly One[],
  limit: number,
  sizesOf: (candidate: One) => readonly number[]
): ReadonlySet<One> {
  const chosen = new Set<One>()
  const sizes = new Map<One, readonly number[]>()
  const score = (one: One, column: number) => (one.scores[column] ?? 0) * (one.isMember ? memberAdvantage : 1)
  const fill = (offered: readonly One[], moved: readonly One[], places: number, enough: number) => {
    const rank = (ones: readonly One[], value: (one: One, column: number) => number) =>
      (offered[0]?.scores ?? []).map((_, column) => best(ones, places, (one) => value(one, column)))
    chooseInTurn(rank(moved, score), chosen, enough)
    for (const one of offered) if (chosen.size < enough && one.isMember) chosen.add(one)
    if (chosen.size >= enough) return
    for (const one of offered) if (!sizes.has(one)) sizes.set(one, sizesOf(one))
    chooseInTurn(
      rank(offered, (one, column) => sizes.get(one)?.[column] ?? 0),
      chosen,
      enough
    )
    for (const one of offered) if (chosen.size < enough) chosen.add(one)
  }
  const databases = byDatabase(candidates)
  const guaranteed = Math.floor(limit / databases.length)
  for (const { own, moved } of databases) fill(own, moved, guaranteed, chosen.size + Math.min(guaranteed, own.length))
  const allMoved = databases.flatMap(({ moved }) => moved)
  fill(candidates, allMoved, limit, Math.min(limit, candidates.length))
  return chosen
}

/** The candidates of each database, and those of them with a positive score. */
function byDatabase<One extends Candidate>(candidates: readonly One[]) {
  const databases = new Map<string, { readonly own: One[]; readonly moved: One[] }>()
  for (const candidate of candidates) {
    const database = databases.get(candidate.datname) ?? { own: [], moved: [] }
    if (database.own.push(candidate) === 1) databases.set(candidate.datname, database)
    if (candidate.scores.some((score) => score > 0)) database.moved.push(candidate)
  }
  return [...databases.values()]
}

/** The best candidates with a positive value, best first. Most candidates are compared only with the worst one kept so far. */
function best<One>(candidates: readonly One[], count: number, score: (one: One) => number): readonly One[] {
  const found: One[] = []
  const values: number[] = []
  for (const candidate of candidates) {
    const value = score(candidate)
    if (value <= 0 || (found.length >= count && value <= (values[count - 1] ?? 0))) continue
    let place = found.length
    while (place > 0 && (values[place - 1] ?? 0) < value) place--
    found.splice(place, 0, candidate)
    values.splice(place, 0, value)
    found.length = Math.min(found.length, count)
    values.length = found.length
  }
  return found
}

/** Chooses from the rankings alternately, each time the best candidate that is not chosen yet, until there are enough. */
function chooseInTurn<One>(rankings: readonly (readonly One[])[], chosen: Set<One>, enough: number): void {
  const next = rankings.map((ranking) => ranking.values())
  for (let before = -1; before < chosen.size && chosen.size < enough; ) {
    before = chosen.size
    for (const candidates of next) {
      if (chosen.size >= enough) return
      // The iterator of an array can be continued after a break.
      for (const candidate of candidates) {
        if (chosen.has(candidate)) continue
        chosen.add(candidate)
        break
      }
    }
  }
}
