import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** One scrape as Prometheus performs it: compressed, over a kept connection. */
export interface Scrape {
  readonly url: string
  /** Time of the request, in milliseconds since 1970. */
  readonly at: number
  /** From the request to the last byte. */
  readonly milliseconds: number
  /** The compressed page. */
  readonly body: Buffer
}

export interface ScrapeOptions {
  readonly scrapers: number
  readonly everySeconds: number
  /** Set by the caller to end the scrapes. */
  readonly signal: AbortSignal
}

/** Reads a page once; throws unless the status is 200. */
export async function fetchPage(url: string): Promise<string> {
  return (await request(url, { 'accept-encoding': 'identity' })).toString()
}

/**
 * Scrapes all addresses at exact intervals until the signal. As in Prometheus the addresses are spread over the interval,
 * and each scraper has its own phase and client address.
 */
export async function scrapeUntil(urls: readonly string[], options: ScrapeOptions, seen: (scrape: Scrape) => void): Promise<void> {
  const every = options.everySeconds * 1000
  const from = performance.now()
  const series = Array.from({ length: options.scrapers }, (_, scraper) =>
    urls.map(async (url, index) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: `127.0.0.${scraper + 1}` })
      const phase = ((scraper * 0.4 + index / urls.length) % 1) * every
      try {
        for (let due = from + phase; ; due += every) {
          await sleep(Math.max(0, due - performance.now()), undefined, { signal: options.signal })
          const [at, before] = [Date.now(), performance.now()]
          const body = await request(url, { 'accept-encoding': 'gzip' }, agent)
          seen({ url, at, milliseconds: performance.now() - before, body })
        }
      } catch (error) {
        if (!options.signal.aborted) throw error
      } finally {
        agent.destroy()
      }
    })
  )
  await Promise.all(series.flat())
}

/** The number of samples on a page. */
export function countSamples(page: string): number {
  return page.match(/^[a-zA-Z_]/gm)?.length ?? 0
}

/** The ages in seconds, at this time in milliseconds since 1970, of the snapshots of these queries that cover a whole server. */
export function agesOf(page: string, at: number, queries: ReadonlySet<string>): readonly number[] {
  return [...page.matchAll(/^pgvitals_snapshot_(age|timestamp)_seconds\{([^}]*)\} (\S+)$/gm)].flatMap(([, kind, labels = '', value]) => {
    if (!queries.has(/\bquery="([^"]*)"/.exec(labels)?.[1] ?? '')) return []
    return kind === 'age' ? Number(value) : at / 1000 - Number(value)
  })
}

/** The quantile `share` (0 to 1) of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Reads a page, compressed if the headers accept it; throws unless the status is 200. */
export function request(url: string, headers: Record<string, string>, agent?: Agent): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const outgoing = get(url, { headers, timeout: 30_000, ...(agent && { agent }) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks))
        else reject(new Error(`${url} returned status ${response.statusCode}`))
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${url} did not respond within 30 s`)))
    outgoing.on('error', reject)
  })
}
