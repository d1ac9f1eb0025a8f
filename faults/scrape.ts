import { type Agent, get } from 'node:http'
import type { Scrape } from './seen.ts'

/** A scrape without a complete response after this time has failed, as in Prometheus with a short timeout. */
const timeoutMs = 5000

/** Requests a page once. Never rejects: a failed request has the status 0. */
export function scrape(url: string, agent?: Agent, headers: Readonly<Record<string, string>> = {}): Promise<Scrape> {
  const [at, from] = [Date.now(), performance.now()]
  return new Promise((resolve) => {
    const end = (status: number, text = '') => {
      clearTimeout(deadline)
      resolve({ at, status, milliseconds: performance.now() - from, text })
    }
    const outgoing = get(url, { headers: { ...headers }, ...(agent && { agent }) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => end(0))
      response.on('end', () => end(response.statusCode ?? 0, Buffer.concat(chunks).toString()))
    })
    const deadline = setTimeout(() => {
      outgoing.destroy()
      end(0)
    }, timeoutMs)
    outgoing.on('error', () => end(0))
  })
}
