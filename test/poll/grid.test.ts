import { setTimeout as after } from 'node:timers/promises'
import { test } from 'tap'
import { createApp } from '../../src/http/app.ts'
import { makeExporter, until } from '../exporter/run-exporter.ts'
import { startServer } from '../servers/start-server.ts'

test('a scrape in a visit, or close to one, moves the visits that follow away from the scrapes', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  /** Starts an exporter that visits every seven seconds (below six no grid moves), and answers how long after the first visit the second came. */
  const run = async (scrapes: 'never' | 'during the visit' | 'after the visit') => {
    const { exporter } = makeExporter({ DATABASE_URL: server.url('postgres'), PGVITALS_QUERIES: '{ postmaster: { interval: 7s } }' })
    t.teardown(() => exporter.stop())
    const { metrics, scraped, isReady } = exporter
    const app = createApp({
      metrics,
      scraped,
      isReady,
      status: () => ({ version: '0.0.0', servers: [] }),
      tokens: () => ({ everything: [], teams: new Map() })
    })
    const scrape = async () => t.equal((await app.inject('/metrics')).statusCode, 200)
    await exporter.start()
    if (scrapes === 'during the visit') {
      t.notOk(isReady(), 'the visit is under way')
      await scrape()
    }
    await until('the first visit has ended', 10, isReady)
    await after(300)
    if (scrapes === 'after the visit') await scrape()
    const answeredAt = () => exporter.snapshots().find(({ query }) => query === 'postmaster')?.answeredAt ?? 0
    const first = answeredAt()
    await until('the second visit', 20, () => answeredAt() !== first)
    return answeredAt() - first
  }
  const [unmoved, during, close] = await Promise.all([run('never'), run('during the visit'), run('after the visit')])
  for (const [what, milliseconds] of [
    ['during the visit', during],
    ['after the visit', close]
  ] as const)
    t.ok(
      milliseconds - unmoved > 1500,
      `scraped ${what}: the next comes ${milliseconds} ms later, not ${unmoved}, a third of seven seconds more`
    )
})
