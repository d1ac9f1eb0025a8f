import { type FamilyText, render } from '../metric/exposition.ts'
import { type Labels, type Row, toSamples } from '../metric/sample.ts'
import { columnNames, type Query } from '../query/query.ts'
import { statementText } from './statement-text.ts'

/** Above this number of texts, those of statements that are not on the page are forgotten. */
const mostKnown = 5000

interface Known {
  /** The text on the page. */
  readonly text: string
  /** The text in each database in which it was searched; undefined if there was none. */
  readonly textIn: ReadonlyMap<string, string | undefined>
}

/** One search for texts: the database whose texts are searched (`''` for the server), the database of the session, the time. */
interface Attempt {
  readonly datname: string
  readonly database: string
  readonly now: number
}

/** The outcome of the searches for the texts of one database or of the server. */
interface Search {
  /** The time of the last search if it succeeded. */
  readonly succeededAt?: number
  /** The times of failed searches since the last success, by the database of the session. */
  readonly failedAt: ReadonlyMap<string, number>
  readonly error?: unknown
}

/**
 * Remembers the texts of statements. The page has one text per queryid. From PostgreSQL 18 on, statements of different
 * databases can share a queryid, so each text is visible only to the teams of the databases that ran it.
 */
export class StatementTexts {
  readonly #query: Query
  readonly #textLabel: string
  readonly #known = new Map<string, Known>()
  /** The searches by the database whose texts are searched (`''` for the server). */
  readonly #searches = new Map<string, Search>()

  constructor(query: Query) {
    this.#query = query
    this.#textLabel = columnNames(query, 'label').find((name) => name !== 'queryid') ?? ''
  }

  /** The error of the last search for the texts of a database; undefined if it succeeded. */
  error(datname: string): unknown {
    return this.#searches.get(datname)?.error
  }

  /**
   * The queryids whose text is unknown in a database that has them on the page. Undefined if no search is due: until the
   * interval of the query has passed since the last search or, if that failed, since the last search in this database. After
   * a failure, a search is due even if no text is unknown, because otherwise the failure would never end.
   */
  wanted(shown: readonly Labels[], { datname, database, now }: Attempt): readonly string[] | undefined {
    const { statements } = this.#query
    const { succeededAt, failedAt } = this.#searches.get(datname) ?? {}
    const searchedAt = succeededAt ?? failedAt?.get(database) ?? Number.NEGATIVE_INFINITY
    if (statements?.kind !== 'texts' || now - searchedAt < statements.everySeconds * 1000) return undefined
    const unknown = [...databasesOf(shown)].filter(([id, datnames]) => {
      const known = this.#known.get(id)
      return known === undefined || [...datnames].some((datname) => !known.textIn.has(datname))
    })
    if (unknown.length === 0 && !failedAt?.size) return undefined
    return unknown.map(([id]) => id)
  }

  /** Records that a search failed. Another database may be searched immediately. */
  failed(error: unknown, { datname, database, now }: Attempt): void {
    const failedAt = new Map(this.#searches.get(datname)?.failedAt).set(database, now)
    this.#searches.set(datname, { failedAt, error })
  }

  /** Reads the result of a search. If a queryid has several texts, keeps the known text, or else the first one. */
  learn(
    columns: readonly string[],
    rows: readonly Row[],
    { datname: forDatname, now }: Attempt,
    { shown, isShown }: { readonly shown: readonly Labels[]; readonly isShown: (datname: string) => boolean }
  ): void {
    this.#searches.set(forDatname, { succeededAt: now, failedAt: new Map() })
    const { statements } = this.#query
    const length = statements?.kind === 'texts' ? statements.textLength : 0
    const names = ['queryid', this.#textLabel, ...columnNames(this.#query, 'within')]
    const redacted = new Map<string, string>()
    const found = new Map<string, Map<string, string | undefined>>()
    for (const row of rows) {
      const [id = '', raw = '', datname = ''] = names.map((name) => row[columns.indexOf(name)] ?? '')
      // The text of an excluded database must not appear for another database.
      if (!isShown(datname)) continue
      const text = redacted.get(raw) ?? statementText(raw, length)
      redacted.set(raw, text)
      const { text: before, textIn = [] } = this.#known.get(id) ?? {}
      // Databases that were not searched now still have their text.
      const own = found.get(id) ?? new Map([...textIn].filter(([datname]) => !isShown(datname)))
      if (text === before || !own.has(datname)) own.set(datname, text)
      found.set(id, own)
    }
    const databases = databasesOf(shown)
    for (const [id, textIn] of found) {
      const texts = [...textIn.values()]
      for (const datname of databases.get(id) ?? []) textIn.set(datname, textIn.get(datname))
      this.#known.set(id, { text: texts.find((text) => text === this.#known.get(id)?.text) ?? texts.find(Boolean) ?? '', textIn })
    }
  }

  /** Renders the known texts of the statements on the page. `labels` are those of every series. */
  texts(shown: readonly Labels[], labels: Labels): { readonly texts: readonly FamilyText[]; readonly duplicates: number } {
    const databases = databasesOf(shown)
    // One rendered text for each set of databases, because the set determines which teams can see it.
    const ids = new Map<string, string[]>()
    for (const [id, datnames] of databases) {
      const known = this.#known.get(id)
      if (known === undefined) continue
      const key = JSON.stringify([...datnames].filter((datname) => known.textIn.get(datname) === known.text).sort())
      ids.set(key, [...(ids.get(key) ?? []), id])
    }
    const rendered = [...ids].map(([key, own]) => {
      const entries = own.map((id) => {
        return { labels: { ...labels, queryid: id, [this.#textLabel]: this.#known.get(id)?.text ?? '' }, suffix: undefined, values: [1] }
      })
      return { ranIn: JSON.parse(key) as readonly string[], ...render(toSamples(this.#query, entries)) }
    })
    if (this.#known.size > mostKnown) for (const id of this.#known.keys()) if (!databases.has(id)) this.#known.delete(id)
    return {
      texts: rendered.flatMap(({ ranIn, texts }) => texts.map((text) => ({ ...text, ranIn }))),
      duplicates: rendered.reduce((sum, { duplicates }) => sum + duplicates, 0)
    }
  }
}

/** The queryids on the page, each with the databases of its series. */
function databasesOf(shown: readonly Labels[]): ReadonlyMap<string, ReadonlySet<string>> {
  const databases = new Map<string, Set<string>>()
  for (const { queryid = '', datname = '' } of shown) databases.set(queryid, (databases.get(queryid) ?? new Set()).add(datname))
  return databases
}
