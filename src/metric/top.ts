import { isValueColumn, type Query } from '../query/query.ts'
import { type Contender, chooseTop } from './choose-top.ts'
import { Remainder } from './remainder.ts'
import type { Entry, Labels } from './sample.ts'

/** What is kept of one row: what PostgreSQL last said, and what we show of it. */
interface Tracked {
  readonly key: string
  labels: Labels
  /** PostgreSQL's last values; undefined once the row is gone. */
  last: readonly (number | undefined)[] | undefined
  /** The values that are shown: of counters what has been counted, of gauges the last. */
  shown: (number | undefined)[]
  /** For each ranking column how much it moved, halved every five minutes. */
  scores: number[]
  /** When it was shown, and from when its deltas are its own; undefined while it is not shown. */
  member: { readonly since: number; readonly countsFrom: number; readonly leavesAt: number | undefined } | undefined
  goneAt: number | undefined
}

export interface TopOptions {
  readonly limit: number
  /** How long a row that enters or leaves stands still, in seconds. */
  readonly standStillSeconds: () => number
}

/** What is shown of an answer. */
export interface Shown {
  readonly entries: readonly Entry[]
  /** Rows whose labels had been there before. */
  readonly duplicates: number
}

const halfLifeSeconds = 300
const shortestMembershipSeconds = 600
const forgetAfterSeconds = 3600

/**
 * Keeps the rows of a query that matter now and sums the rest into `other`, so that no counter falls or jumps
 * because a row enters or leaves. DESIGN, "Many rows", has the rules. Times are milliseconds.
 */
export class Top {
  readonly #options: TopOptions
  readonly #isCounter: readonly boolean[]
  readonly #ranking: readonly number[]
  readonly #remainder: Remainder
  readonly #rows = new Map<string, Tracked>()
  #polledAt: number | undefined
  #isCutting = false
  #isBaseline = true

  constructor(query: Query, options: TopOptions) {
    const columns = query.columns.filter(isValueColumn)
    this.#options = options
    this.#isCounter = columns.map((column) => column.kind === 'counter')
    this.#ranking = (query.top?.by ?? []).map((name) => columns.findIndex((column) => column.name === name))
    this.#remainder = new Remainder(query.top?.other ?? [], this.#isCounter)
  }

  /** Another server answers now, or with other rights: what its counters say counts from the next answer on. */
  rebase(): void {
    this.#isBaseline = true
  }

  /** Takes a whole answer (or the part of it that was read) and tells what to show of it. */
  take(entries: readonly Entry[], isWhole: boolean, now: number): Shown {
    const present = new Set<string>()
    let duplicates = 0
    const mayBeNew = !this.#isBaseline && isWhole
    const decay = 0.5 ** ((now - (this.#polledAt ?? now)) / 1000 / halfLifeSeconds)
    const wasCutting = this.#isCutting
    this.#isCutting ||= entries.length > this.#options.limit
    for (const entry of entries) {
      const key = Object.values(entry.labels).join('\u0000')
      if (present.has(key)) {
        duplicates++
        continue
      }
      present.add(key)
      const row = this.#rows.get(key) ?? newRow(key, entry)
      this.#rows.set(key, row)
      this.#count(row, entry, { mayBeNew, decay, wasCutting, now })
    }
    this.#forgetAbsent(present, isWhole, now)
    this.#choose(present, now)
    this.#remainder.settle(now)
    this.#polledAt = now
    this.#isBaseline = false
    return { entries: [...this.#members(), ...(this.#isCutting ? this.#remainder.entries() : [])], duplicates }
  }

  /** Adds what the row has moved since the last answer to the row itself or to the remainder. */
  #count(row: Tracked, entry: Entry, poll: { mayBeNew: boolean; decay: number; wasCutting: boolean; now: number }): void {
    const { mayBeNew, decay, wasCutting, now } = poll
    const isReset = this.#isCounter.some((isCounter, column) => isCounter && isLess(entry.values[column], row.last?.[column]))
    const deltas = this.#isCounter.map((isCounter, column) => {
      const value = entry.values[column]
      if (!isCounter || value === undefined || this.#isBaseline) return 0
      if (row.last === undefined) return mayBeNew ? value : 0
      const last = row.last[column]
      if (last === undefined) return 0
      return isReset ? value : value - last
    })
    const isOwn = row.member !== undefined && row.member.leavesAt === undefined && row.member.countsFrom <= now
    row.shown = this.#isCounter.map((isCounter, column) => {
      const value = entry.values[column]
      if (!isCounter || (!this.#isCutting && !wasCutting)) return value
      if (value === undefined) return row.shown[column]
      return (row.shown[column] ?? 0) + (isOwn ? (deltas[column] ?? 0) : 0)
    })
    if (this.#isCutting) {
      this.#remainder.add(entry, isOwn ? undefined : deltas, this.#isBaseline ? now : now + this.#standStillMs())
    }
    row.scores = this.#ranking.map((column, index) =>
      this.#isCounter[column] ? (row.scores[index] ?? 0) * decay + (deltas[column] ?? 0) : (entry.values[column] ?? 0)
    )
    row.last = entry.values
    row.labels = entry.labels
    row.goneAt = undefined
  }

  /** A row that is gone begins anew when it returns; what was cut off from the answer may still be there. */
  #forgetAbsent(present: ReadonlySet<string>, isWhole: boolean, now: number): void {
    for (const [key, row] of this.#rows) {
      if (present.has(key)) continue
      row.shown = row.shown.map((value, column) => (this.#isCounter[column] ? value : undefined))
      if (isWhole) row.last = undefined
      row.goneAt ??= now
      if (!this.#isCutting || (row.member === undefined && now - row.goneAt > forgetAfterSeconds * 1000)) this.#rows.delete(key)
    }
  }

  #choose(present: ReadonlySet<string>, now: number): void {
    const chosen = this.#isCutting ? chooseTop(this.#contenders(present), this.#options.limit) : present
    const young = [...this.#rows.values()]
      .filter(
        ({ key, member }) =>
          member !== undefined && present.has(key) && !chosen.has(key) && now - member.since < shortestMembershipSeconds * 1000
      )
      .sort((left, right) => (right.member?.since ?? 0) - (left.member?.since ?? 0))
    // Short of ten minutes a member stays although others have overtaken it, but never more than as many again.
    const stays = new Set([...chosen, ...young.slice(0, this.#options.limit).map(({ key }) => key)])
    for (const row of this.#rows.values()) this.#seat(row, stays.has(row.key), now)
  }

  #seat(row: Tracked, isWanted: boolean, now: number): void {
    const { member } = row
    if (member === undefined) {
      // While all rows fit, nothing is cut and so nothing has to stand still; and what the first answer shows
      // begins at 0 there, so that the next scrape sees it.
      const standsStill = this.#isCutting && this.#polledAt !== undefined
      if (isWanted) row.member = { since: now, countsFrom: standsStill ? now + this.#standStillMs() : now, leavesAt: undefined }
    } else if (isWanted) {
      if (member.leavesAt !== undefined) row.member = { ...member, countsFrom: now, leavesAt: undefined }
    } else if (member.leavesAt === undefined) {
      row.member = { ...member, leavesAt: now + this.#standStillMs() }
    } else if (member.leavesAt <= now) {
      row.member = undefined
    }
  }

  #contenders(present: ReadonlySet<string>): readonly Contender[] {
    return [...this.#rows.values()]
      .filter(({ key }) => present.has(key))
      .map(({ key, labels, scores, last, member }) => ({
        key,
        datname: labels.datname ?? '',
        isMember: member !== undefined && member.leavesAt === undefined,
        scores,
        sizes: this.#ranking.map((column) => last?.[column] ?? 0)
      }))
  }

  #members(): readonly Entry[] {
    return [...this.#rows.values()].flatMap(({ labels, member, shown }) =>
      member === undefined ? [] : [{ labels, suffix: undefined, values: shown }]
    )
  }

  #standStillMs(): number {
    return this.#options.standStillSeconds() * 1000
  }
}

function isLess(value: number | undefined, last: number | undefined): boolean {
  return value !== undefined && last !== undefined && value < last
}

function newRow(key: string, { labels }: Entry): Tracked {
  return { key, labels, last: undefined, shown: [], scores: [], member: undefined, goneAt: undefined }
}
