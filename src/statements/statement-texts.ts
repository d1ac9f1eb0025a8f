import { type FamilyText, render } from '../metric/exposition.ts'
import { type Labels, type Row, toSamples } from '../metric/sample.ts'
import { columnNames, type Query } from '../query/query.ts'
import { statementText } from './statement-text.ts'

/** Beyond this number of texts, those of statements that are not shown are forgotten. */
const mostKnown = 5000

interface Known {
  readonly text: string
  /** The databases that have this text. */
  readonly ranIn: ReadonlySet<string>
  /** The databases in which it was searched. */
  readonly searchedIn: ReadonlySet<string>
}

/**
 * Remembers the texts of statements. A queryid has one text on the page: from PostgreSQL 18 statements of different
 * databases can share a queryid, so a text carries the databases that ran it and is hidden from the teams of others.
 */
export class StatementTexts {
  readonly #query: Query
  readonly #textLabel: string
  readonly #known = new Map<string, Known>()
  #searchedAt = Number.NEGATIVE_INFINITY

  constructor(query: Query) {
    this.#query = query
    this.#textLabel = columnNames(query, 'label').find((name) => name !== 'queryid') ?? ''
  }

  /** The ids to search for: those whose text is unknown in a database that shows them. Empty until the query's interval has passed. */
  wanted(shown: readonly Labels[], now: number): readonly string[] {
    const { statements } = this.#query
    if (statements?.kind !== 'texts' || now - this.#searchedAt < statements.everySeconds * 1000) return []
    const unknown = [...databasesOf(shown)].filter(([id, datnames]) => {
      const searchedIn = this.#known.get(id)?.searchedIn
      return searchedIn === undefined || [...datnames].some((datname) => !searchedIn.has(datname))
    })
    if (unknown.length > 0) this.#searchedAt = now
    return unknown.map(([id]) => id)
  }

  /** Reads the result of a search. Of several texts of one id it keeps the known one, or else the first. */
  learn(
    columns: readonly string[],
    rows: readonly Row[],
    { shown, isShown }: { readonly shown: readonly Labels[]; readonly isShown: (datname: string) => boolean }
  ): void {
    const { statements } = this.#query
    const length = statements?.kind === 'texts' ? statements.textLength : 0
    const names = ['queryid', this.#textLabel, ...columnNames(this.#query, 'within')]
    const redacted = new Map<string, string>()
    const found = new Map<string, { readonly text: string; readonly datname: string }[]>()
    for (const row of rows) {
      const [id = '', raw = '', datname = ''] = names.map((name) => row[columns.indexOf(name)] ?? '')
      // The text of an excluded database must not represent that of another one.
      if (!isShown(datname)) continue
      const text = redacted.get(raw) ?? statementText(raw, length)
      redacted.set(raw, text)
      found.set(id, [...(found.get(id) ?? []), { text, datname }])
    }
    const databases = databasesOf(shown)
    for (const [id, texts] of found) {
      const before = this.#known.get(id)?.text
      const text = (texts.find((one) => one.text === before) ?? texts[0])?.text ?? ''
      const ranIn = new Set(texts.filter((one) => one.text === text).map(({ datname }) => datname))
      const searchedIn = new Set([...(databases.get(id) ?? []), ...texts.map(({ datname }) => datname)])
      this.#known.set(id, { text, ranIn, searchedIn })
    }
  }

  /** The known texts of the statements shown. `labels` are those of every series. */
  texts(shown: readonly Labels[], labels: Labels): { readonly texts: readonly FamilyText[]; readonly duplicates: number } {
    const databases = databasesOf(shown)
    // One text for each set of databases, because only that decides which teams see it.
    const ids = new Map<string, string[]>()
    for (const [id, datnames] of databases) {
      const ranIn = this.#known.get(id)?.ranIn
      if (ranIn === undefined) continue
      const key = JSON.stringify([...datnames].filter((datname) => ranIn.has(datname)).sort())
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

/** The ids shown, each with the databases of its series. */
function databasesOf(shown: readonly Labels[]): ReadonlyMap<string, ReadonlySet<string>> {
  const databases = new Map<string, Set<string>>()
  for (const { queryid = '', datname = '' } of shown) databases.set(queryid, (databases.get(queryid) ?? new Set()).add(datname))
  return databases
}

/**
 * The text of an array of texts, for the parameter of a texts query.
 * Source: PostgreSQL's documentation, "Array Input and Output Syntax".
 */
export function arrayText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`).join(',')}}`
}
