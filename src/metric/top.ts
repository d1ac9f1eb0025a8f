import { isValueColumn, type Query } from '../query/query.ts'
import { chooseTop } from './choose-top.ts'
import { countedOr, heldOr, hold, holdFalls, owed } from './hold.ts'
import { createLabelReader, type LabelReader } from './label-reader.ts'
import { Others } from './others.ts'
import { fingerprintOf } from './packed.ts'
import type { MixedMove, Move, Shown } from './reading.ts'
import { addTo } from './remainder.ts'
import type { Entry, Labels, Row } from './sample.ts'
import { Scores } from './scores.ts'
import { takeSeat, youngest } from './seat.ts'
import { isMember, ownCounters, ownValues, type Series, type TrackedRow } from './series.ts'
import { Tracker } from './tracker.ts'
import type { Watching } from './watching.ts'

export interface TopOptions {
  readonly limit: number
  /** How long a series that enters or leaves stands still, in seconds. */
  readonly standStillSeconds: () => number
  /** What every series carries. */
  readonly labels: Labels
}

const forgetAfterMs = 3_600_000

/**
 * Keeps the rows of a query that matter now and sums the rest into `other`, so that no counter falls or jumps
 * because a row enters or leaves. queries/README.md, "Many rows", has the rules. Times are milliseconds.
 */
export class Top {
  readonly #options: TopOptions
  /** How the labels of its rows are read. */
  readonly labels: LabelReader
  /** With a remainder, `increase()` over all series together is to be what PostgreSQL counted. */
  readonly #isExact: boolean
  readonly #isCounter: readonly boolean[]
  readonly #ranking: readonly number[]
  readonly #scores: Scores
  readonly #tracker: Tracker
  readonly #others: Others
  #polledAt: number | undefined
  /** Whether the series count what they have moved; until rows are cut they show PostgreSQL's own values. */
  #isCounting = false
  #isBaseline = true
  /** Whether the answer was once found to have the columns of the header. */
  isChecked = false

  constructor(query: Query, options: TopOptions) {
    const columns = query.columns.filter(isValueColumn)
    this.#options = options
    this.labels = createLabelReader(query, options.labels)
    this.#isExact = (query.top?.other ?? []).length > 0
    this.#isCounter = columns.map((column) => column.kind === 'counter')
    this.#ranking = (query.top?.by ?? []).map((name) => columns.findIndex((column) => column.name === name))
    this.#scores = new Scores(this.#ranking, this.#isCounter)
    this.#others = new Others(this.labels, this.#isCounter)
    this.#tracker = new Tracker({
      isCounter: this.#isCounter,
      noScores: this.#scores.none,
      hasKey: query.columns.some((column) => column.kind === 'key'),
      hasFingerprint: fingerprintOf(query) !== undefined,
      labels: this.labels
    })
  }

  /** Another server answers now, or with other rights: what its counters say counts from the next answer on. */
  rebase(): void {
    this.#isBaseline = true
    this.watching.stop()
  }

  /** The series that have a place on the page now. */
  shownLabels(): readonly Labels[] {
    return [...this.#tracker.series].flatMap(({ seat }) => (seat === undefined ? [] : [seat.labels]))
  }

  /** A packed answer begins: the whole, or the part of it that was read. Its rows may be added in parts. */
  begin(isWhole: boolean): void {
    this.#tracker.begin(this.#isBaseline, isWhole)
  }

  add(rows: readonly Row[]): void {
    this.#tracker.add(rows)
  }

  /** Tells which rows have moved before they are read. */
  get watching(): Watching {
    return this.#tracker.watching
  }

  /** The answer is complete, with these rows that were not read again: what to show of it. */
  end(now: number, unmoved?: readonly TrackedRow[]): Shown {
    const isRebased = this.#isBaseline && this.#polledAt !== undefined
    const { rows, moves, mixed, changed, duplicates, isAllNew } = this.#tracker.end(unmoved)
    const all = [...this.#tracker.series]
    const present = all.filter((series) => series.rows.length > 0)
    const fits = present.length <= this.#options.limit
    if (this.#isExact && isAllNew && fits) this.#isCounting = false
    this.#scores.decay(all, (now - (this.#polledAt ?? now)) / 1000)
    for (const move of moves) this.#apply(move, now)
    if (this.#isExact && !this.#isCounting) holdFalls(moves, now, this.#standStillMs())
    this.#scores.changed(changed)
    if (!this.#isCounting && (!fits || (isRebased && this.#isExact))) this.#beginCounting(all, isRebased, now)
    this.#openOthers(present, mixed, now)
    this.#choose(all, present, now)
    this.#others.settle(now)
    this.#polledAt = now
    this.#isBaseline = false
    const leftOut = this.#isExact ? 0 : present.filter(({ seat }) => seat === undefined).length
    // A bound of samples cuts the end.
    return { rows, entries: [...this.#others.entries(), ...this.#members(all, now)], duplicates, leftOut, moves }
  }

  /** Adds what a row has moved to its series or to the remainder. */
  #apply({ series, deltas }: Move, now: number): void {
    this.#scores.moved(series, deltas)
    if (this.#isCounting) {
      const { seat } = series
      const isOwn = seat !== undefined && seat.leavesAt === undefined && seat.countsFrom <= now
      if (isOwn)
        series.counted = deltas.map((delta, column) =>
          delta === undefined ? series.counted?.[column] : delta + (series.counted?.[column] ?? 0)
        )
      else addTo(this.#others.of(series, this.#opensAt(now)), deltas)
    }
  }

  /** From now on the series count from where they stand; what they do not show yet goes to the remainder. */
  #beginCounting(all: readonly Series[], isRebased: boolean, now: number): void {
    this.#isCounting = true
    for (const series of all) {
      if (series.seat === undefined && series.holds.length === 0) continue
      const own = series.rows.length === 0 ? undefined : ownCounters(series, this.#isCounter)
      if (series.holds.length > 0) addTo(this.#others.of(series, this.#opensAt(now)), owed(series, isRebased ? series.own : own))
      else if (!isRebased) series.counted = own ?? series.counted
      series.holds = []
      if (series.isOther) series.seat = undefined
    }
  }

  /** Every combination is there from the start, at 0, so that the first thing it counts is seen. */
  #openOthers(present: readonly Series[], mixed: readonly MixedMove[], now: number): void {
    if (!this.#isExact) return
    if (this.#isCounting) for (const series of present) this.#others.of(series, this.#opensAt(now)).seenAt = now
    for (const { labelsText, deltas } of mixed) {
      const sum = this.#others.sumOf(labelsText, this.#opensAt(now))
      sum.seenAt = now
      addTo(sum, deltas)
    }
  }

  #choose(all: readonly Series[], present: readonly Series[], now: number): void {
    const { limit } = this.#options
    const sizesOf = ({ rows }: Series) => this.#scores.sizesOf(rows[0]?.text ?? '()')
    const mayBeShown = present.filter(({ isOther }) => !isOther)
    const chosen = this.#isCounting ? chooseTop(mayBeShown, { limit, isMember, sizesOf }) : new Set(present)
    const wanted = new Set([...chosen, ...youngest(present, chosen, limit, now)])
    // What the first answer shows begins at 0 there, so that the next scrape sees it.
    const entersStill = this.#isCounting && this.#polledAt !== undefined
    const seating = {
      now,
      standStillMs: this.#standStillMs(),
      labelsOf: this.labels.labelsOf,
      entersStill,
      leavesStill: this.#isCounting || this.#isExact
    }
    for (const series of all) {
      if (!this.#isCounting && this.#isExact && series.rows.length === 0 && series.goneAt === undefined && series.own !== undefined)
        hold(series, series.own, now, this.#standStillMs())
      takeSeat(series, wanted.has(series), seating)
      series.goneAt = series.rows.length > 0 ? undefined : (series.goneAt ?? now)
      // What was never shown has nothing to go on from.
      const isKept = this.#isCounting && series.counted !== undefined && now - (series.goneAt ?? now) <= forgetAfterMs
      if (series.goneAt !== undefined && !isKept && series.seat === undefined) this.#tracker.forget(series)
    }
  }

  #members(all: readonly Series[], now: number): readonly Entry[] {
    return all.flatMap((series) => {
      if (series.seat === undefined) return []
      const own = ownValues(series, this.#isCounter)
      series.counted = this.#isCounting ? countedOr(series, own) : heldOr(series, own, now)
      series.own = this.#isCounting ? series.counted : own
      const values = own.map((value, column) => (this.#isCounter[column] ? series.counted?.[column] : value))
      return [{ labels: series.seat.labels, suffix: undefined, values }]
    })
  }

  /** A sum is shown once every scraper has seen the page without it; what the first answer has is on the first page. */
  #opensAt(now: number): number {
    return this.#polledAt === undefined ? now : now + this.#standStillMs()
  }

  #standStillMs(): number {
    return this.#options.standStillSeconds() * 1000
  }
}
