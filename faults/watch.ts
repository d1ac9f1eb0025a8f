import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { readSeen, type Scrape, type Seen } from './seen.ts'

/** Scrapes of the whole page twice a second. */
export interface Watch {
  /** Calls the listener after every scrape; returns a function that removes it. */
  readonly listen: (listener: (seen: Seen) => void) => () => void
  /** The next scrape that satisfies the condition; undefined if there is none within this time. */
  readonly until: (seconds: number, isSo: (seen: Seen) => boolean | Promise<boolean>) => Promise<Seen | undefined>
  readonly stop: () => void
}

const everyMs = 500

/** A scrape without a complete response after this time has failed, as in Prometheus with a short timeout. */
const timeoutMs = 5000

/** Starts to scrape. Scrapes do not wait for each other, so that a slow one does not hide others. */
export function startWatch(url: string): Watch {
  const listeners = new Set<(seen: Seen) => void>()
  const agent = new Agent({ keepAlive: true })
  const timer = setInterval(() => {
    void scrape(url, agent).then((one) => {
      const seen = readSeen(one)
      for (const listener of [...listeners]) listener(seen)
    })
  }, everyMs)
  const listen: Watch['listen'] = (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return {
    listen,
    until: async (seconds, isSo) => {
      let found: Seen | undefined
      const remove = listen((seen) => {
        void Promise.resolve(isSo(seen)).then(
          (is) => {
            if (is) found ??= seen
          },
          () => {}
        )
      })
      for (const start = performance.now(); found === undefined && performance.now() - start < seconds * 1000; ) await sleep(50)
      remove()
      return found
    },
    stop: () => {
      clearInterval(timer)
      agent.destroy()
    }
  }
}

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
