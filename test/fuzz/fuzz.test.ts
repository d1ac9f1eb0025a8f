import { test } from 'tap'
import { everySecond, makeExporter } from '../exporter/run-exporter.ts'
import { sampleValue } from '../page/parse-page.ts'
import { hasTool } from '../servers/has-tool.ts'
import { sharedServer } from '../servers/shared-server.ts'
import { recordAll, startPgBouncer } from './record-all.ts'
import { createCase, fuzz } from './run-fuzz.ts'

const cases = 2000

test('no fault of a server ends the process, hangs a session, leaks a connection or delays the polls of another server', async (t) => {
  const servers = [await sharedServer(13), await sharedServer(18)] as const
  const pgbouncer = hasTool(t, 'pgbouncer', 'pgbouncer') ? await startPgBouncer(servers[1].port) : undefined
  t.teardown(() => pgbouncer?.stop())
  const conversations = await recordAll(servers, pgbouncer?.url)
  const environment = { DATABASE_URL: servers[1].url('postgres'), PGVITALS_QUERIES: everySecond }
  const healthy = makeExporter(environment, { queries: ['stat_archiver'] })
  t.teardown(() => healthy.exporter.stop())
  healthy.exporter.start()
  const pages: (readonly (number | undefined)[])[] = []
  const seed = Math.floor(Math.random() * 2 ** 31)
  const { outcomes, defects } = await fuzz({
    conversations,
    seed,
    from: 0,
    cases,
    afterHundred: async () => {
      const samples = await healthy.samples()
      pages.push(['pg_up', 'pgvitals_query_success'].map((name) => sampleValue(samples, name)))
    }
  })
  t.same(defects, [], `no defect; npm run fuzz -- --seed=${seed} repeats the cases`)
  t.equal(
    [...outcomes.values()].reduce((sum, count) => sum + count, 0),
    cases
  )
  t.ok((outcomes.get('complete') ?? 0) > 0, 'recorded conversations are complete')
  t.ok((outcomes.get('network') ?? 0) > cases / 2)
  t.same(
    pages.slice(1).filter(([up, success]) => up !== 1 || success !== 1),
    [],
    'the other server stays fresh'
  )
  t.comment(JSON.stringify(Object.fromEntries(outcomes)))
})

test('a case depends on the seed and its number only', async (t) => {
  const conversations = [{ name: 'a', turns: [[Buffer.from('Z\0\0\0\x05I')], [Buffer.from('1\0\0\0\x04')], []] }]
  const faultsOf = (seed: number) => Array.from({ length: 50 }, (_, number) => createCase(conversations, seed, number).fault)
  t.same(faultsOf(7), faultsOf(7))
  t.notSame(faultsOf(7), faultsOf(8))
})
