/**
 * Counts statements. pg_stat_statements evicts and resets entries, and the page names only some of them; nevertheless
 * `increase()` over all series of a user and database equals what PostgreSQL counted. The counters on the page are
 * therefore not PostgreSQL's values. They start at 0 when pgvitals starts, and each poll adds the increments of the
 * entries since the previous poll. docs/decisions/0008-statements.md describes the rules and limits.
 */
import type { FamilyText } from '../metric/exposition.ts'
import { chooseTop, decay } from '../metric/ranking.ts'
import { hasNull, unpackRecord } from '../metric/record-text.ts'
import { type Entry, type Labels, type Row, toNumber } from '../metric/sample.ts'
import { columnNames, isValueColumn, type Query } from '../query/query.ts'
import { CounterSet, CounterSets, type Numbers, type Times, zerosOf } from './counter-set.ts'
import { StatementHistogram } from './statement-histogram.ts'

export interface TakeOptions extends Times {
  /**
   * If it has changed (another server, role, privileges or visible databases), the result is a baseline and adds no
   * increments.
   */
  readonly epoch: string
  /** Whether the result is complete, without rows cut by the row limit. */
  readonly isWhole: boolean
  /**
   * The maximum number of named series of the server. After a reduction, series that leave can exceed it until they
   * disappear.
   */
  readonly limit: number
  /** The maximum number of series of a database, including `other`; by default unlimited. */
  readonly limitIn?: (datname: string) => number
  /**
   * Whether statements of a database are counted. The series of a database that is no longer shown are deleted. If it is
   * shown again, they start at 0, because another database may have counted its statements in the meantime.
   */
  readonly isShown: (datname: string) => boolean
  /** Statements of roles that only monitor are never named. */
  readonly isOwnRole: (user: string) => boolean
}

/** The page after a result was counted. */
export interface Taken {
  /** The number of rows of exported databases in the result, without duplicates. */
  readonly rows: number
  readonly entries: readonly Entry[]
  /** The families counted by database. */
  readonly texts: readonly FamilyText[]
  /** The number of rows dropped because an earlier row of the result has the same key. */
  readonly duplicates: number
}

/** An entry of pg_stat_statements, as of the last poll that returned it. */
interface Statement {
  series: Series
  /** The packed values. */
  text: string
  /** The number of that poll. */
  seenIn: number
  /** Whether its row was ever an aggregate of several entries. */
  isAggregate: boolean
}

/** The entries that share user, database and queryid. */
interface Series {
  readonly labelsText: string
  readonly labels: Labels
  readonly user: string
  readonly datname: string
  statements: readonly Statement[]
  seenIn: number
  /** The recent increase of each ranking column. */
  scores: number[]
  /** The counters of `other` for its user and database; undefined if the database is not exported. */
  other: CounterSet | undefined
  /** Whether it is named and does not leave. */
  isMember: boolean
  /** The time from which pages contain its last values. */
  leftAt: number
}

const unnamed = { seenIn: 0, other: undefined, isMember: false, leftAt: 0 }

/** The sum of entries that cannot be distinguished. */
type Hidden = Readonly<{ series: Series; values: Numbers }>

/** `isComplete`: this and the last result were complete, so an unknown entry started at 0 after the last poll. */
type ReadOptions = TakeOptions & Readonly<{ isBaseline: boolean; isComplete: boolean }>

/** An entry is forgotten after this number of consecutive incomplete results without it. */
const pollsKept = 40

/** Reading so many rows takes a few milliseconds. */
const rowsPerStep = 250

/** Counts the statements of one server. Times are in milliseconds. */
export class StatementCounts {
  readonly #labels: Labels
  readonly #labelNames: readonly string[]
  readonly #isCounter: readonly boolean[]
  /** Indexes among the value columns. */
  readonly #ranking: readonly number[]
  /** The scores of a series without increments. All such series share this array. */
  readonly #unmoved: number[]
  readonly #calls: number
  readonly #seconds: number
  readonly #histogram: StatementHistogram
  readonly #others = new CounterSets()
  readonly #series = new Map<string, Series>()
  readonly #statements = new Map<string, Statement>()
  /** The named series on the page, including those that leave. */
  readonly #named = new Map<Series, CounterSet>()
  #hidden: ReadonlyMap<string, Hidden> = new Map()
  #poll = 0
  /** The options of the previous result. */
  #last: TakeOptions | undefined

  /** `labels` are those of every series. */
  constructor(query: Query, labels: Labels) {
    const columns = query.columns.filter(isValueColumn)
    const indexOf = (name: string) => columns.findIndex((column) => column.name === name)
    this.#labels = labels
    this.#labelNames = columnNames(query, 'label')
    this.#isCounter = columns.map(({ kind }) => kind === 'counter')
    this.#ranking = (query.top?.by ?? []).map(indexOf)
    this.#unmoved = this.#ranking.map(() => 0)
    this.#calls = indexOf('calls_total')
    this.#seconds = indexOf('seconds_total')
    this.#histogram = new StatementHistogram(query, labels)
  }

  /** The labels of the named series on the page. */
  get shown(): readonly Labels[] {
    return [...this.#named.values()].map(({ labels }) => labels)
  }

  /** Counts a result of packed rows (labels, key, values) and returns the new page. */
  take(rows: Iterable<Row>, options: TakeOptions): Taken {
    const steps = this.steps(rows, options, () => options.now)
    for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value
  }

  /**
   * Does the same in steps of a few milliseconds, so that the caller can do other work between them. The caller must not
   * build a page between the last step and the storage of the result. `now` returns the current time.
   */
  *steps(rows: Iterable<Row>, options: TakeOptions, now: () => number): Generator<undefined, Taken> {
    const { epoch, isWhole } = options
    const isBaseline = epoch !== this.#last?.epoch
    this.#poll++
    this.#release(options)
    const read = yield* this.#read(rows, { ...options, isBaseline, isComplete: !isBaseline && isWhole && this.#last?.isWhole === true })
    this.#forgetAbsent(isWhole || isBaseline)
    yield
    this.#choose(options)
    yield
    this.#last = options
    for (const { labels } of this.#others.all) this.#histogram.open(labels.datname ?? '', options)
    this.#shown(now())
    return { ...read, entries: this.#entries(), texts: this.#histogram.texts() }
  }

  /** Records the time from which pages contain the result. */
  #shown(now: number): void {
    for (const counters of [...this.#others.all, ...this.#histogram.sets.all, ...this.#named.values()]) counters.shown(now)
    for (const series of this.#named.keys()) if (series.leftAt === Number.POSITIVE_INFINITY) series.leftAt = now
  }

  /** Releases pending increments, and forgets the counters of databases that are not exported. */
  #release(options: TakeOptions): void {
    const { now, seenUntil, isShown } = options
    const factor = decay(now - (this.#last?.now ?? now))
    for (const series of this.#series.values()) {
      const { scores, other } = series
      for (let index = 0; index < scores.length; index++) scores[index] = (scores[index] ?? 0) * factor
      if (other === undefined) continue
      other.usedAt = now
      if (isShown(series.datname)) continue
      series.other = undefined
      series.isMember = false
      this.#named.delete(series)
    }
    this.#others.release(options, isShown)
    this.#histogram.sets.release(options, isShown)
    for (const counters of this.#named.values()) counters.release(seenUntil)
  }

  *#read(rows: Iterable<Row>, options: ReadOptions): Generator<undefined, Pick<Taken, 'rows' | 'duplicates'>> {
    const hidden = new Map<string, Hidden>()
    let [count, duplicates, unpaused] = [0, 0, 0]
    for (const [labelsText, keyText, valuesText] of rows) {
      if (++unpaused > rowsPerStep) {
        unpaused = 0
        yield
      }
      const [key, text] = [keyText ?? '()', valuesText ?? '()']
      const series = this.#seriesOf(labelsText ?? '()', text, options)
      const isDuplicate = !hasNull(key) && this.#readStatement(key, text, series, options)
      if (hasNull(key)) {
        const place = key === '()' ? series.labelsText : key
        hidden.set(place, { series, values: sum(hidden.get(place)?.values, this.#countersOf(text)) })
      }
      if (series.other === undefined) continue
      if (isDuplicate) duplicates++
      else count++
    }
    for (const [place, { series, values }] of options.isComplete ? hidden : [])
      if (this.#isCounted(series)) series.other?.add(difference(values, this.#hidden.get(place)?.values, true), options)
    this.#hidden = hidden
    return { rows: count, duplicates }
  }

  /** Whether the database is exported now and was exported at the previous result. */
  #isCounted({ other, datname }: Series): boolean {
    return other !== undefined && this.#last?.isShown(datname) !== false
  }

  /** Reads one row. Returns whether an earlier row of this result has the same key. */
  #readStatement(key: string, text: string, series: Series, options: ReadOptions): boolean {
    const isAggregate = /\*"?\)$/.test(key)
    const id = isAggregate ? key.replace(/\*(?="?\)$)/, '') : key
    const known = this.#statements.get(id)
    if (known?.seenIn === this.#poll) return true
    const statement = known ?? { series, text: '', seenIn: 0, isAggregate }
    statement.seenIn = this.#poll
    statement.isAggregate ||= isAggregate
    if (known?.text === text && known.series === series) return false
    const isCounted = this.#isCounted(series) && !options.isBaseline && (known !== undefined || options.isComplete)
    if (known?.series !== series) {
      this.#statements.set(id, statement)
      // The labels of a known statement change if a role or a database is renamed.
      detach(statement)
      statement.series = series
      // Most series have one entry, and the result of a spread reserves memory for more.
      series.statements = series.statements.length === 0 ? [statement] : [...series.statements, statement]
      this.#histogram.learn(series.labelsText, series.datname, known === undefined && isCounted, options)
    }
    const last = known === undefined || !isCounted ? undefined : this.#countersOf(known.text)
    statement.text = text
    if (isCounted) this.#count(series, difference(this.#countersOf(text), last, statement.isAggregate), options)
    return false
  }

  #count(series: Series, deltas: Numbers, times: Times): void {
    const target = series.isMember ? this.#named.get(series) : series.other
    target?.add(deltas, times)
    this.#histogram.count(series.datname, deltas[this.#calls] ?? 0, deltas[this.#seconds] ?? 0, times)
    series.scores = this.#ranking.map((column, index) => (series.scores[index] ?? 0) + (deltas[column] ?? 0))
  }

  /**
   * The series of a row. Creates `other` at the first row of its user and database, so that later statements count in
   * it immediately.
   */
  #seriesOf(labelsText: string, text: string, options: TakeOptions): Series {
    let series = this.#series.get(labelsText)
    if (series === undefined) {
      const fields = unpackRecord(labelsText)
      const labels: Labels = { ...this.#labels, ...Object.fromEntries(this.#labelNames.map((name, index) => [name, fields[index] ?? ''])) }
      const { user = '', datname = '' } = labels
      // V8 reads an object slowly if its literal begins with a spread.
      series = { labelsText, labels, user, datname, statements: [], scores: this.#unmoved, ...unnamed }
      this.#series.set(labelsText, series)
    }
    const { user, datname, labels } = series
    series.seenIn = this.#poll
    if (series.other === undefined && options.isShown(datname))
      series.other = this.#others.of(`${user}\0${datname}`, options, () => [{ ...labels, queryid: 'other' }, this.#countersOf(text)])
    return series
  }

  #forgetAbsent(isAll: boolean): void {
    for (const [key, statement] of this.#statements) {
      if (this.#poll - statement.seenIn <= (isAll ? 0 : pollsKept)) continue
      this.#statements.delete(key)
      detach(statement)
    }
    for (const [labelsText, series] of this.#series)
      if (series.statements.length === 0 && series.seenIn !== this.#poll && !this.#named.has(series)) this.#series.delete(labelsText)
  }

  /**
   * Determines which series enter and leave. The limit includes series that leave. If there are more candidates than
   * places, a tenth of the places stays free, so that series can enter while others leave.
   */
  #choose(options: TakeOptions): void {
    const { seenUntil, limit, isOwnRole } = options
    const mayBeNamed = ({ statements, other, user }: Series) => statements.length > 0 && other !== undefined && !isOwnRole(user)
    const sizesOf = ({ statements: [first] }: Series) => {
      const values = this.#countersOf(first?.text ?? '()')
      return this.#ranking.map((column) => values[column] ?? 0)
    }
    const { limitIn = () => Number.POSITIVE_INFINITY } = options
    const others = countByDatabase(this.#others.all.map(({ labels: { datname = '' } }) => ({ datname })))
    const placesIn = (datname: string) => Math.max(0, limitIn(datname) - (others.get(datname) ?? 0))
    const candidates = fitting([...this.#series.values()].filter(mayBeNamed), placesIn, sizesOf)
    const places = candidates.length <= limit ? limit : limit - Math.min(limit - 1, Math.max(1, Math.floor(limit / 10)))
    const chosen = candidates.length <= limit ? new Set(candidates) : chooseTop(candidates, places, sizesOf)
    for (const series of this.#named.keys()) {
      if (chosen.has(series)) series.isMember = true
      else if (series.isMember && !mayBeNamed(series)) this.#leave(series, options)
      else if (!series.isMember && series.leftAt <= seenUntil) this.#named.delete(series)
    }
    const members = [...this.#named.keys()].filter(({ isMember }) => isMember)
    const leaving = this.#named.size - members.length
    const newcomers = [...chosen].filter((series) => !this.#named.has(series))
    const namedIn = countByDatabase(this.#named.keys())
    const fits = ({ datname }: Series) => increment(namedIn, datname) <= placesIn(datname)
    const entering = newcomers.filter(fits).slice(0, Math.max(0, limit - this.#named.size))
    // The members to be replaced by newcomers, now or after the series that leave have disappeared.
    const surplus = Math.max(members.length + entering.length - places, newcomers.length - entering.length - leaving, 0)
    const wantedIn = countByDatabase([...members, ...newcomers])
    // Those of a database without enough places first. A limit can also have become lower.
    const replaceable = members.filter((series) => !chosen.has(series))
    const isBeyond = new Set(replaceable.filter(({ datname }) => increment(wantedIn, datname, -1) >= placesIn(datname)))
    const replaced = [...isBeyond, ...replaceable.filter((series) => !isBeyond.has(series))]
    for (const series of replaced.slice(0, Math.max(surplus, isBeyond.size))) this.#leave(series, options)
    for (const series of entering) {
      const counters = new CounterSet(series.labels)
      for (const { text } of series.statements) counters.add(zerosOf(this.#countersOf(text)), options)
      series.isMember = true
      this.#named.set(series, counters)
    }
  }

  /** Freezes a series until every scraper has received its last value. */
  #leave(series: Series, times: Times): void {
    series.isMember = false
    series.leftAt = Number.POSITIVE_INFINITY
    series.other?.add(this.#named.get(series)?.takePending() ?? [], times)
  }

  /** Returns the entries, `other` first, because the sample limit cuts the end. */
  #entries(): readonly Entry[] {
    const others = this.#others.all.map(({ labels, values }): Entry => ({ labels, suffix: undefined, values }))
    const named = [...this.#named].map(([series, counters]): Entry => {
      const [counted, gauges] = [counters.values, this.#gaugesOf(series)]
      const values = this.#isCounter.map((isCounter, column) => (isCounter ? counted[column] : gauges[column]))
      return { labels: counters.labels, suffix: undefined, values }
    })
    return [...others, ...named]
  }

  /** The largest value of each gauge among the entries of a series in the last result. */
  #gaugesOf({ statements }: Series): Numbers {
    const rows = statements.filter(({ seenIn }) => seenIn === this.#poll).map(({ text }) => unpackRecord(text).map(toNumber))
    return this.#isCounter.map((_, column) => {
      const values = rows.flatMap((row) => row[column] ?? [])
      return values.length === 0 ? undefined : Math.max(...values)
    })
  }

  #countersOf(text: string): Numbers {
    return unpackRecord(text).map((field, column) => (this.#isCounter[column] ? toNumber(field) : undefined))
  }
}

/** The most important series of each database, up to the number of its places. */
function fitting(
  candidates: readonly Series[],
  placesIn: (datname: string) => number,
  sizesOf: (series: Series) => readonly number[]
): readonly Series[] {
  const databases = new Map<string, Series[]>()
  for (const series of candidates) {
    const own = databases.get(series.datname)
    if (own === undefined) databases.set(series.datname, [series])
    else own.push(series)
  }
  return [...databases].flatMap(([datname, own]) =>
    own.length <= placesIn(datname) ? own : [...chooseTop(own, placesIn(datname), sizesOf)]
  )
}

function countByDatabase(all: Iterable<{ readonly datname: string }>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { datname } of all) increment(counts, datname)
  return counts
}

/** Adds to the count of a database and returns the new count. */
function increment(counts: Map<string, number>, datname: string, by = 1): number {
  const count = (counts.get(datname) ?? 0) + by
  counts.set(datname, count)
  return count
}

/** Removes a statement from its series. */
function detach(statement: Statement): void {
  statement.series.statements = statement.series.statements.filter((one) => one !== statement)
}

/**
 * The increments between two polls; without `last`, the whole values. If a counter decreases, the entry was reset and
 * its whole value is the increment. If a counter of an aggregated row decreases, one of its entries was evicted; this is
 * not a reset and adds 0. A column measured for the first time adds 0, because the start of its count is unknown.
 */
function difference(values: Numbers, last: Numbers | undefined, isAggregate: boolean): Numbers {
  if (last === undefined) return values
  const isReset = !isAggregate && values.some((value, column) => value !== undefined && value < (last[column] ?? 0))
  return values.map((value, column) => {
    const before = last[column]
    if (value === undefined || before === undefined) return value && 0
    return isReset ? value : Math.max(0, value - before)
  })
}

function sum(left: Numbers | undefined, right: Numbers): Numbers {
  return right.map((value, column) => (value === undefined ? left?.[column] : value + (left?.[column] ?? 0)))
}
