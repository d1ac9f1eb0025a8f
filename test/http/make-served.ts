import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { Logins } from '../../src/http/access.ts'
import { createApp, type Served } from '../../src/http/app.ts'
import { makePage } from '../page/make-page.ts'

export const noLogins: Logins = { everything: [], teams: new Map() }

/** The functions of an app that serves one page and no servers, without logins, with parts of it replaced. */
export function makeServed(more: Partial<Served> = {}): Served {
  const page = makePage('page', 0)
  return {
    metrics: async () => page,
    scraped: () => {},
    isReady: () => true,
    status: () => ({ version: '1', servers: [] }),
    targets: () => [],
    logins: () => noLogins,
    http: { authFailed: () => {}, rejected: () => {}, pagesInFlight: () => {} },
    log: { warn: () => {}, error: () => {} },
    ...more
  }
}

/** An `http` that records what it counts. */
export function recordingMeter() {
  const counted = { authFailures: 0, rejected: [] as string[], inFlight: 0, mostInFlight: 0 }
  return {
    counted,
    http: {
      authFailed: () => void counted.authFailures++,
      rejected: (reason: string) => void counted.rejected.push(reason),
      pagesInFlight: (count: number) => {
        counted.inFlight = count
        counted.mostInFlight = Math.max(counted.mostInFlight, count)
      }
    }
  }
}

/** Serves on a free port until the end of the test. Returns the port. */
export async function serveApp(t: Test, served: Partial<Served>): Promise<number> {
  const app = createApp(makeServed(served))
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}
