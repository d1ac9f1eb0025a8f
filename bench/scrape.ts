import { Agent, get } from 'node:http'
import { gunzipSync } from 'node:zlib'

export type Encoding = 'identity' | 'gzip'

/** Latency and throughput of scrapers without a pause between requests. */
export interface Scrapes {
  /** Milliseconds from request to last byte. */
  readonly p50: number
  readonly p99: number
  readonly perSecond: number
}

/** Reads a page once; throws unless the status is 200. */
export async function fetchPage(url: string): Promise<string> {
  return (await request(url, 'identity')).toString()
}

/** The size of a page on the wire, in bytes. */
export async function pageSize(url: string, encoding: Encoding): Promise<number> {
  const body = await request(url, encoding)
  if (encoding === 'gzip') gunzipSync(body)
  return body.length
}

/** Scrapes for `seconds` over keep-alive connections; each scraper requests one page after the other. */
export async function scrapeFor(url: string, seconds: number, scrapers: number, encoding: Encoding): Promise<Scrapes> {
  const agent = new Agent({ keepAlive: true, maxSockets: scrapers })
  const durations: number[] = []
  const end = performance.now() + seconds * 1000
  const scraper = async () => {
    while (performance.now() < end) {
      const before = performance.now()
      await request(url, encoding, agent)
      durations.push(performance.now() - before)
    }
  }
  try {
    await Promise.all(Array.from({ length: scrapers }, scraper))
  } finally {
    agent.destroy()
  }
  durations.sort((left, right) => left - right)
  return { p50: quantile(durations, 0.5), p99: quantile(durations, 0.99), perSecond: durations.length / seconds }
}

/** The quantile `share` (0 to 1) of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function request(url: string, encoding: Encoding, agent?: Agent): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { headers: { 'accept-encoding': encoding }, timeout: 10_000, ...(agent && { agent }) }
    const outgoing = get(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks))
        else reject(new Error(`${url} returned status ${response.statusCode}`))
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${url} did not respond within 10 s`)))
    outgoing.on('error', reject)
  })
}
