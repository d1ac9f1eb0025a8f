import { fork } from 'node:child_process'
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

/** Starts to scrape. */
export function startWatch(url: string): Watch {
  const listeners = new Set<(seen: Seen) => void>()
  const scraper = fork(new URL('scrape-process.ts', import.meta.url), [url], { serialization: 'advanced' })
  scraper.on('message', (one) => {
    const seen = readSeen(one as Scrape)
    for (const listener of [...listeners]) listener(seen)
  })
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
    stop: () => void scraper.kill()
  }
}
