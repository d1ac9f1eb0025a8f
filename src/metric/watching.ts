import type { TrackedRow } from './series.ts'

/** Rows that were looked at before they are read. */
export interface Compared {
  /** The parts of keys by which those that have moved, or are not known, are asked for. */
  readonly moved: readonly string[]
  /** The others. */
  readonly unmoved: readonly TrackedRow[]
}

/** After so many polls all is read again, for what no fingerprint tells, such as another name of a role or a database. */
const mostWatches = 20

/** Tells by their fingerprints which rows have moved before they are read, as long as few do. */
export class Watching {
  readonly #rows = new Map<string, TrackedRow>()
  #hidden: ReadonlySet<string> = new Set()
  /** How many polls may still be told by fingerprints alone. */
  #left = 0

  /** Whether few rows move, so that it costs less to ask first which. */
  get isWorthwhile(): boolean {
    return this.#left > 0
  }

  /** A row was read, or with `''` is gone. */
  keep(row: TrackedRow, fingerprint: string): void {
    if (row.fingerprint === fingerprint) return
    // Another row may have it by now.
    if (this.#rows.get(row.fingerprint) === row) this.#rows.delete(row.fingerprint)
    row.fingerprint = fingerprint
    if (fingerprint !== '') this.#rows.set(fingerprint, row)
  }

  /** Rows that must not be shown, of all or of those that moved: they need not be read again for a while. */
  hide(fingerprints: readonly string[], isAll: boolean): void {
    this.#hidden = new Set(isAll ? fingerprints : [...this.#hidden, ...fingerprints])
  }

  /** Compares what is there now, a line for each row with its fingerprint and a part of its key, each with its end. */
  compare(lines: string): Compared {
    const [moved, unmoved]: [Set<string>, TrackedRow[]] = [new Set(), []]
    let from = 0
    for (let end = lines.indexOf('\n'); end !== -1; end = lines.indexOf('\n', from)) {
      const middle = lines.indexOf(' ', from)
      const fingerprint = lines.slice(from, middle)
      const row = this.#rows.get(fingerprint)
      if (row !== undefined) unmoved.push(row)
      else if (!this.#hidden.has(fingerprint)) moved.add(lines.slice(middle + 1, end))
      from = end + 1
    }
    return { moved: [...moved], unmoved }
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
