import type { Selection } from './selection.ts'

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
/** The number of requests from which the scrape interval of a page is estimated. */
const requestsKept = 5
/** The interval of checks while no scrape is expected. */
const checkMs = 250
/** Without an expected scrape, a page is prepared for this time after it was last requested. */
const preparedMs = 120_000
/** After a change, a page is prepared once the state has not changed for one check, and after this time at the latest. */
const burstMs = 1000
/** Without an expected scrape, the pause after a build is this multiple of its duration: builds use at most 2 % of a core. */
const pauseFactor = 50

interface Kept<Page extends Built> {
  readonly selection: Selection
  page: Page
  /** The times of the last requests, newest first. */
  requests: readonly number[]
  /** The revision at the last check. */
  checked: string | undefined
  /** The time of the first check that found a change. */
  changedAt: number | undefined
}

/** Whether a page may be served: it has no expired value and shows the current state, or that of at most 250 ms ago. */
export function isServable(page: Built, revision: string, now: number): boolean {
  return now <= page.freshUntil && (page.revision === revision || now - page.builtAt <= staleMs)
}

export function keyOf({ server, team }: Selection): string {
  return JSON.stringify([server, team])
}

/** The pages in memory, by selection. Decides which of them are built before the next scrape. */
export class KeptPages<Page extends Built> {
  /** The order is that of the last requests. */
  readonly #kept = new Map<string, Kept<Page>>()

  get(selection: Selection): Page | undefined {
    return this.#kept.get(keyOf(selection))?.page
  }

  put(selection: Selection, page: Page, now: number): void {
    const key = keyOf(selection)
    const known = this.#kept.get(key)
    if (known === undefined) this.#kept.set(key, { selection, page, requests: [], checked: undefined, changedAt: undefined })
    else Object.assign(known, { page, changedAt: undefined })
    this.#evict(now)
  }

  /** Records that a page was requested. */
  requested(selection: Selection, now: number): void {
    const key = keyOf(selection)
    const known = this.#kept.get(key)
    if (known === undefined) return
    known.requests = [now, ...known.requests].slice(0, requestsKept)
    this.#kept.delete(key)
    this.#kept.set(key, known)
    this.#evict(now)
  }

  clear(): void {
    this.#kept.clear()
  }

  /**
   * The selections whose pages should be built now because their state has changed or a value expires: shortly before the
   * next expected scrape, once for each scrape; without an expected scrape, after a burst of polls and a pause.
   */
  due(revisionOf: (selection: Selection) => string, nextScrape: number | undefined, now: number): readonly Selection[] {
    return [...this.#kept.values()].flatMap((kept) => {
      const { selection, page, checked } = kept
      kept.checked = revisionOf(selection)
      if (kept.checked === page.revision && (nextScrape ?? now) <= page.freshUntil) return []
      kept.changedAt ??= now
      const hasEnded = kept.checked === checked || now - kept.changedAt >= burstMs
      return (nextScrape === undefined ? hasEnded && isAffordable(kept, now) : isExpected(kept, nextScrape, now)) ? [selection] : []
    })
  }

  /** The time of the next check for due pages; undefined if there is no page to prepare. */
  nextCheck(nextScrape: number | undefined, now: number): number | undefined {
    this.#evict(now)
    const kept = [...this.#kept.values()]
    if (nextScrape === undefined) return kept.some((one) => now - requestedAt(one) <= preparedMs) ? now + checkMs : undefined
    const builds = kept.map(({ page }) => nextScrape - leadOf(page)).filter((time) => time > now)
    return kept.length === 0 ? undefined : Math.min(...builds, Math.max(now, nextScrape) + checkMs)
  }

  /** Deletes the pages that were not requested for ten minutes, and those beyond the bounds. */
  #evict(now: number): void {
    let bytes = [...this.#kept.values()].reduce((sum, { page }) => sum + page.bytes, 0)
    for (const [key, kept] of this.#kept) {
      const isBeyond = this.#kept.size > 1 && (this.#kept.size > mostPages || bytes > mostBytes)
      if (now - requestedAt(kept) <= keptMs && !isBeyond) return
      this.#kept.delete(key)
      bytes -= kept.page.bytes
    }
  }
}

function requestedAt({ requests, page }: Kept<Built>): number {
  return requests[0] ?? page.builtAt
}

/** Whether the page was requested recently, and the pause after its last build is over. */
function isAffordable(kept: Kept<Built>, now: number): boolean {
  const { builtAt, buildMs } = kept.page
  return now - requestedAt(kept) <= preparedMs && now - builtAt >= pauseFactor * buildMs
}

/** Whether the next expected scrape is close, probably requests this page, and the page was not built for it yet. */
function isExpected(kept: Kept<Built>, nextScrape: number, now: number): boolean {
  const { page, requests } = kept
  const buildAt = nextScrape - leadOf(page)
  if (now < buildAt || page.builtAt >= buildAt) return false
  const gaps = requests.slice(1).map((time, index) => (requests[index] ?? time) - time)
  // The shortest gap, because several scrapers may request one page.
  return nextScrape - requestedAt(kept) >= 0.9 * Math.min(...gaps)
}

/** The lead of a page. */
function leadOf({ buildMs }: Built): number {
  return Math.min(longestLeadMs, shortestLeadMs + 3 * buildMs)
}
