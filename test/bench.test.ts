import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { readTop } from '../bench/profile.ts'
import { judge, updateReport } from '../bench/report.ts'
import { agesOf, countSamples, quantile } from '../bench/scrape.ts'

test('a quantile is a measured value; the highest is the maximum', async (t) => {
  const values = Array.from({ length: 48 }, (_, index) => index + 1)
  t.equal(quantile(values, 0.5), 25)
  t.equal(quantile(values, 0.99), 48)
  t.ok(Number.isNaN(quantile([], 0.5)))
})

test('ages are read from timestamps of the given queries', async (t) => {
  const page = [
    '# TYPE pgvitals_snapshot_timestamp_seconds gauge',
    'pgvitals_snapshot_timestamp_seconds{server="s",datname="",query="stat_database"} 990.5',
    'pgvitals_snapshot_timestamp_seconds{server="s",datname="d",query="stat_user_tables"} 900'
  ].join('\n')
  t.same(agesOf(page, 1_000_000, new Set(['stat_database'])), [9.5])
  t.equal(countSamples(page), 2)
})

test('an aim is missed by its limit or by its share of the peer, which is unknown without a peer', async (t) => {
  t.equal(judge({ limit: 2, share: 0.02 }, 1, 60), 'met')
  t.equal(judge({ limit: 2, share: 0.02 }, 1, 40), '**missed**')
  t.equal(judge({ limit: 2, share: 0.02 }, 3, 1000), '**missed**')
  t.equal(judge({ limit: 2 }, 1, undefined), 'met')
  t.equal(judge({ share: 0.5 }, 1, undefined), '')
})

test('a report keeps the sections of scenarios that were not measured', async (t) => {
  const first = updateReport(
    '',
    new Map([
      ['small', 'old small'],
      ['fleet', 'old fleet']
    ])
  )
  const second = updateReport(first, new Map([['small', 'new small']]))
  t.match(second, /new small[\s\S]*old fleet/)
  t.notMatch(second, 'old small')
})

test('the self time of a function is that of all its nodes, without idle time', async (t) => {
  const file = join(t.testdir(), 'one.cpuprofile')
  const node = (id: number, functionName: string) => ({ id, callFrame: { functionName, url: '', lineNumber: 0 } })
  const nodes = [node(1, '(idle)'), node(2, 'render'), node(3, 'poll'), node(4, 'render')]
  writeFileSync(file, JSON.stringify({ nodes, samples: [1, 2, 3, 4], timeDeltas: [0, 5000, 1000, 2000, 2000] }))
  t.same(readTop(file, 1), [{ name: 'render', milliseconds: 3, share: 0.6 }])
})
