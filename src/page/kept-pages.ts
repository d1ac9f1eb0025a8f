import { keyOf, type Selection } from './selection.ts'

/** A page with the properties that determine how long it is served. Times are in milliseconds of one clock. */
export interface Built {
  /** The time of the state that it shows. */
  readonly builtAt: number
  /** The time until which it contains no expired value. */
  readonly freshUntil: number
  /** The revision of the state that it shows. */
  readonly revision: string
  /** The duration of building and compressing it. */
  readonly buildMs: number
  /** Its size in memory. */
  readonly bytes: number
}

/** The maximum age of a page that is served although the state has changed. */
export const staleMs = 250
/** A page is kept for this time after it was last requested. */
const keptMs = 600_000
/** The bounds of all kept pages. The page that was requested last is always kept. */
const [mostPages, mostBytes] = [256, 64 * 2 ** 20]

/** The bounds of the lead, the time from a build to the expected scrape; below `staleMs`, so that the scrape receives this page. */
const [shortestLeadMs, longestLeadMs] = [30, 200]
/** The interval of checks of pages without an expected scrape. */
const checkMs = 250
/** Without an expected scrape, a page is prepared for this time after it was last requested. */
const preparedMs = 120_000
/** After a change, a page is prepared once the state has not changed for one check, and after this time at the latest. */
const burstMs = 1000
/** Without an expected scrape, the pause after a build is this multiple of its duration: these builds together use at most 2 % of a core. */
const pauseFactor = 50

interface Kept<Page extends Built> {
  readonly selection: Selection
  page: Page
  /** The time of the last request; before the first, of the build. */
  requestedAt: number
  /** The revision at the last check. */
  checked: string | undefined
  /** The time of the first check that found a change. */
  changedAt: number | undefined
}

/** The expected time of the next regular scrape of a page, by `keyOf`; undefined if there is none. */
export type NextScrapeOf = (key: string, now: number) => number | undefined

/** Whether a page may be served: it has no expired value and shows the current state, or that of at most 250 ms ago. */
export function isServable(page: Built, revision: string, now: number): boolean {
  return now <= page.freshUntil && (page.revision === revision || now - page.builtAt <= staleMs)
}

/** The pages in memory, by selection. Decides which of them are built before the next scrape. */
export class KeptPages<Page extends Built> {
  /** The order is that of the last requests. */
  readonly #kept = new Map<string, Kept<Page>>()
  /** The last build without an expected scrape, and the time at which it was due. */
  #last: { readonly kept: Kept<Page>; readonly dueAt: number } | undefined

  get(selection: Selection): Page | undefined {
    return this.#kept.get(keyOf(selection))?.page
  }

  put(selection: Selection, page: Page, now: number): void {
    const key = keyOf(selection)
    const known = this.#kept.get(key)
    if (known === undefined) this.#kept.set(key, { selection, page, requestedAt: now, checked: undefined, changedAt: undefined })
    else Object.assign(known, { page, changedAt: undefined })
    this.#evict(now)
  }

  /** Records that a page was requested. */
  requested(selection: Selection, now: number): void {
    const key = keyOf(selection)
    const known = this.#kept.get(key)
    if (known === undefined) return
    known.requestedAt = now
    this.#kept.delete(key)
    this.#kept.set(key, known)
    this.#evict(now)
  }

  clear(): void {
    this.#kept.clear()
  }

  /**
   * The selections whose pages should be built now because their state has changed or a value expires: shortly before the
   * next expected scrape of each, once for this scrape; and at most one without an expected scrape, after a burst of polls
   * and a pause.
   */
  due(revisionOf: (selection: Selection) => string, nextScrapeOf: NextScrapeOf, now: number): readonly Selection[] {
    const due: Selection[] = []
    let unexpected: Kept<Page> | undefined
    for (const [key, kept] of this.#kept) {
      const nextScrape = nextScrapeOf(key, now)
      // Reading a revision costs more than these comparisons.
      if (nextScrape === undefined ? !this.#isAffordable(kept, now) : !isExpected(kept, nextScrape, now)) continue
      const last = kept.checked
      kept.checked = revisionOf(kept.selection)
      if (kept.checked === kept.page.revision && (nextScrape ?? now) <= kept.page.freshUntil) continue
      kept.changedAt ??= now
      if (nextScrape !== undefined) due.push(kept.selection)
      else if (kept.checked !== last && now - kept.changedAt < burstMs) continue
      else if (unexpected === undefined || kept.page.builtAt < unexpected.page.builtAt) unexpected = kept
    }
    if (unexpected === undefined) return due
    this.#last = { kept: unexpected, dueAt: now }
    return [...due, unexpected.selection]
  }

  /** The time of the next check for due pages; undefined if there is no page to prepare. */
  nextCheck(nextScrapeOf: NextScrapeOf, now: number): number | undefined {
    this.#evict(now)
    const checks = [...this.#kept].flatMap(([key, kept]) => {
      const nextScrape = nextScrapeOf(key, now)
      if (nextScrape === undefined) return now - kept.requestedAt <= preparedMs ? [now + checkMs] : []
      const buildAt = nextScrape - leadOf(kept.page)
      return [buildAt > now ? buildAt : nextScrape + checkMs]
    })
    return checks.length === 0 ? undefined : Math.min(...checks)
  }

  /** Whether the page was requested recently, and the pauses after its last build and after that of another page are over. */
  #isAffordable({ page, requestedAt }: Kept<Page>, now: number): boolean {
    if (now - requestedAt > preparedMs || now - page.builtAt < pauseFactor * page.buildMs) return false
    return this.#last === undefined || now - this.#last.dueAt >= pauseFactor * this.#last.kept.page.buildMs
  }

  /** Deletes the pages that were not requested for ten minutes, and those beyond the bounds. */
  #evict(now: number): void {
    let bytes = [...this.#kept.values()].reduce((sum, { page }) => sum + page.bytes, 0)
    for (const [key, kept] of this.#kept) {
      const isBeyond = this.#kept.size > 1 && (this.#kept.size > mostPages || bytes > mostBytes)
      if (now - kept.requestedAt <= keptMs && !isBeyond) return
      this.#kept.delete(key)
      bytes -= kept.page.bytes
    }
  }
}

/** Whether the next expected scrape of the page is close, and the page was not built for it yet. */
function isExpected({ page }: Kept<Built>, nextScrape: number, now: number): boolean {
  const buildAt = nextScrape - leadOf(page)
  return now >= buildAt && page.builtAt < buildAt
}

/** The lead of a page. */
function leadOf({ buildMs }: Built): number {
  return Math.min(longestLeadMs, shortestLeadMs + 3 * buildMs)
}
