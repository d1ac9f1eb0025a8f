import { test } from 'tap'
import { statusPage } from '../../src/http/status-page.ts'
import type { QueryStatus, Status } from '../../src/page/status.ts'

const query = (name: string, more: Partial<QueryStatus>): QueryStatus => ({
  name,
  database: '(server, by platform)',
  state: 'ok',
  about: '',
  intervalSeconds: 15,
  ageSeconds: undefined,
  seconds: undefined,
  samples: 0,
  ...more
})

const status: Status = {
  version: '1.2.3',
  servers: [
    {
      name: 'db:5432',
      detail: 'minimal',
      databases: [
        {
          name: '<platform>',
          isUp: true,
          about: 'PostgreSQL 18.4, primary, as pgvitals',
          detail: 'full',
          blindSpots: ['the WAL directory: grant pg_monitor to "<r>"']
        },
        { name: 'labeler', isUp: false, about: 'password authentication failed', detail: 'minimal', blindSpots: [] }
      ],
      queries: [
        query('locks', { ageSeconds: 3.2, seconds: 0.0021, samples: 54 }),
        query('wal', { state: 'skipped', about: 'needs capability pg_monitor' }),
        query('tables', { state: 'failed', about: 'canceling statement & more', seconds: 5 }),
        query('disk', { state: 'not polled yet' })
      ]
    }
  ]
}

test('the status page lists servers, databases with their blind spots, and queries with their last polls', async (t) => {
  const page = statusPage(status)
  for (const expected of [
    'pgvitals 1.2.3',
    'href="/metrics?server=db%3A5432"',
    '<td class="up">PostgreSQL 18.4, primary, as pgvitals',
    '<td class="down">password authentication failed<td>minimal',
    'metrics</a>, detail: minimal',
    'as pgvitals<td>full',
    '<td class="ok">ok<td class="number">15 s<td class="number">3 s<td class="number">2.1 ms<td class="number">54',
    '<tr class="skipped"><td><code>wal</code>',
    '<td class="skipped">needs capability pg_monitor',
    '<td class="failed">canceling statement &amp; more',
    '<td class="waiting">not polled yet',
    'href="/metrics"'
  ])
    t.match(page, expected)
})

test('text from servers is escaped', async (t) => {
  const page = statusPage(status)
  t.match(page, '&lt;platform&gt;')
  t.match(page, 'the WAL directory: grant pg_monitor to &quot;&lt;r&gt;&quot;')
  t.notMatch(page, '<platform>')
  t.notMatch(page, '"<r>"')
})
