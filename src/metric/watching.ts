import type { Watch } from '../query/query.ts'
import { isWhole, splitWatched } from './row-key.ts'
import type { Row } from './sample.ts'
import type { TrackedRow } from './series.ts'

/** Rows that were looked at before they are read. */
export interface Compared {
  /** The keys of those that have moved, or are not known. */
  readonly movedKeys: readonly string[]
  /** The others. */
  readonly unmoved: readonly TrackedRow[]
  /** How many there are, without those that are hidden. */
  readonly rows: number
}

/** After so many polls all is read again: a role or a database may have another name without a count that moved. */
const mostWatches = 20

/** Tells which rows have moved before they are read, as long as few do. */
export class Watching {
  readonly #rowOf: (key: string) => TrackedRow | undefined
  /** How many polls may still be told by what is watched alone. */
  #left = 0
  #hiddenKeys: ReadonlySet<string> = new Set()

  constructor(rowOf: (key: string) => TrackedRow | undefined) {
    this.#rowOf = rowOf
  }

  /** Whether few rows move, so that it costs less to ask first which. */
  get isWorthwhile(): boolean {
    return this.#left > 0
  }

  /** Compares texts of keys and first values with the last poll; without a whole key a row is never known. */
  compare(rows: readonly Row[], { columns }: Watch): Compared {
    const [movedKeys, unmoved]: [string[], TrackedRow[]] = [[], []]
    let hidden = 0
    for (const [text] of rows) {
      const { key, begins } = splitWatched(text ?? '', columns.length)
      const row = this.#rowOf(key)
      if (row?.text.startsWith(begins, 1)) unmoved.push(row)
      else if (this.#hiddenKeys.has(key)) hidden++
      else if (isWhole(key)) movedKeys.push(key)
    }
    return { movedKeys, unmoved, rows: rows.length - hidden }
  }

  /** All rows were read, of which these must not be shown: they need not be read again for a while. */
  readAll(hidden: readonly Row[]): void {
    this.#hiddenKeys = new Set(hidden.map(([, key]) => key ?? ''))
  }

  /** A poll has ended in which so many of the known rows have moved. */
  polled(moved: number, known: number): void {
    this.#left = moved > known / 3 ? 0 : this.#left > 0 ? this.#left - 1 : mostWatches
  }

  /** Lets the next poll read all. */
  stop(): void {
    this.#left = 0
  }
}
