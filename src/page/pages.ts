import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { runInSlices, type Work } from '../run-in-slices.ts'
import { type Built, isServable, KeptPages, type NextScrapeOf } from './kept-pages.ts'
import type { RenderedPage } from './page.ts'
import { compressor, createPageText, type PageText } from './page-text.ts'
import { keyOf, type Selection } from './selection.ts'

/** The page or a part of it. It is immutable; each state has its own page. */
export interface Page {
  readonly text: Buffer
  /** The compressed text. */
  readonly gzip: () => Promise<Buffer>
  /** A weak entity tag, which the text and the compressed text share. */
  readonly etag: string
  /** The time of the state that it shows, in milliseconds of the clock: it contains every poll that ended before. */
  readonly builtAt: number
}

/** The state from which pages are built. `Process` are the metrics of the process, which are read asynchronously. */
export interface PageSource<Process> {
  /** The revision of a selection: a text that changes with its state. */
  readonly revisionOf: (selection: Selection) => string
  readonly readProcess: (now: number) => Promise<Process>
  /**
   * Reads the state at `now` and returns the work of rendering it, which does not depend on later changes; undefined if the
   * server or team is unknown.
   */
  readonly render: (selection: Selection, ofProcess: Process, now: number) => Work<RenderedPage> | undefined
  readonly nextScrape: NextScrapeOf
  readonly clock: Clock
}

interface KeptPage extends Page, Built {
  readonly content: PageText
  readonly generation: number
}

const longestTimerMs = 3_600_000

/** Builds pages, one after the other, serves them from memory and prepares them before scrapes. */
export class Pages<Process> {
  readonly #source: PageSource<Process>
  readonly #kept = new KeptPages<KeptPage>()
  readonly #building = new Map<string, Promise<KeptPage | undefined>>()
  /** The builds that wait for the one in progress. Those of requests precede those of preparations. */
  readonly #waiting = new Map<string, { readonly start: () => void; isRequested: boolean }>()
  #isBuilding = false
  /** Distinguishes the entity tags of this process from those of others. */
  readonly #process = randomBytes(6).toString('base64url')
  readonly #compress = compressor()
  #built = 0
  /** Changes with every invalidation. */
  #generation = 0
  #isStarted = false
  #timer: NodeJS.Timeout | undefined
  #checkAt = Number.POSITIVE_INFINITY

  constructor(source: PageSource<Process>) {
    this.#source = source
  }

  /** Starts to prepare pages. */
  start(): void {
    this.#isStarted = true
  }

  stop(): void {
    this.#isStarted = false
    clearTimeout(this.#timer)
  }

  /** Ensures that every page requested from now on shows the current state. */
  invalidate(): void {
    this.#generation++
    this.#kept.clear()
  }

  /** The page of a selection: the current one, or that of at most 250 ms ago; undefined if the server or team is unknown. */
  async get(selection: Selection): Promise<Page | undefined> {
    const { clock, revisionOf } = this.#source
    const requestedAt = clock.now()
    const revision = revisionOf(selection)
    const mayServe = (page: KeptPage) => page.generation === this.#generation && isServable(page, revision, requestedAt)
    let page = this.#kept.get(selection)
    // A build in progress may be older than the request, or a reload may have outdated it.
    while (page === undefined || !mayServe(page)) {
      page = await this.#build(selection)
      if (page === undefined) return undefined
    }
    this.#kept.requested(selection, requestedAt)
    return page
  }

  /** Sets the timer for the preparation of pages. Must be called after each scrape. */
  plan(): void {
    if (!this.#isStarted) return
    const { clock, nextScrape } = this.#source
    const now = clock.now()
    const checkAt = this.#kept.nextCheck(nextScrape, now) ?? Number.POSITIVE_INFINITY
    // An earlier check plans the next one.
    if (checkAt >= this.#checkAt) return
    clearTimeout(this.#timer)
    this.#checkAt = checkAt
    this.#timer = setTimeout(() => this.#check(), Math.min(longestTimerMs, Math.max(1, checkAt - now))).unref()
  }

  #check(): void {
    const { clock, nextScrape, revisionOf } = this.#source
    const now = clock.now()
    this.#checkAt = Number.POSITIVE_INFINITY
    // If rendering fails, the next scrape reports it.
    for (const selection of this.#kept.due(revisionOf, nextScrape, now)) void this.#build(selection, false).catch(() => {})
    this.plan()
  }

  #build(selection: Selection, isRequested = true): Promise<KeptPage | undefined> {
    const key = keyOf(selection)
    const running = this.#building.get(key)
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) waiting.isRequested ||= isRequested
    if (running !== undefined) return running
    const build = this.#buildNew(selection, isRequested).finally(() => this.#building.delete(key))
    this.#building.set(key, build)
    return build
  }

  async #buildNew(selection: Selection, isRequested: boolean): Promise<KeptPage | undefined> {
    const ofProcess = await this.#source.readProcess(this.#source.clock.now())
    // Builds that alternate would all end late.
    if (this.#isBuilding) await new Promise<void>((start) => this.#waiting.set(keyOf(selection), { start, isRequested }))
    this.#isBuilding = true
    try {
      return await this.#buildNow(selection, ofProcess)
    } finally {
      this.#startNext()
    }
  }

  #startNext(): void {
    const waiting = [...this.#waiting]
    const next = waiting.find(([, { isRequested }]) => isRequested) ?? waiting[0]
    this.#isBuilding = next !== undefined
    if (next === undefined) return
    this.#waiting.delete(next[0])
    next[1].start()
  }

  async #buildNow(selection: Selection, ofProcess: Process): Promise<KeptPage | undefined> {
    const { clock, revisionOf, render } = this.#source
    // A poll finishes counting its statements and stores them in one turn of the event loop. The state must not be read in between.
    await nextTurn()
    const builtAt = clock.now()
    const generation = this.#generation
    const revision = revisionOf(selection)
    const work = render(selection, ofProcess, builtAt)
    if (work === undefined) return undefined
    // Other events are handled while a page of many servers is rendered.
    const rendered = await runInSlices(work, clock)
    if (rendered === undefined) return undefined
    const renderMs = clock.now() - builtAt
    const last = this.#kept.get(selection)?.content
    const content = createPageText(rendered.parts, this.#compress, clock)
    const page: KeptPage = {
      get text() {
        return content.text()
      },
      gzip: content.gzip,
      etag: `W/"${this.#process}-${this.#built++}"`,
      builtAt,
      freshUntil: rendered.freshUntil,
      revision,
      generation,
      content,
      get bytes() {
        return content.bytes()
      },
      get buildMs() {
        return renderMs + content.ms()
      }
    }
    this.#kept.put(selection, page, builtAt)
    // The next request probably accepts gzip, as the last one did. Joining the text would block the event loop for longer.
    if (last?.isCompressed()) content.gzip().catch(() => {})
    return page
  }
}
