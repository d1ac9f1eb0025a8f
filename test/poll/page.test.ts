import { test } from 'tap'
import { render } from '../../src/metric/exposition.ts'
import { unvisited } from '../../src/poll/database-state.ts'
import type { ServerHealth } from '../../src/poll/health.ts'
import { joinAnswers, renderPage } from '../../src/poll/page.ts'
import { type Snapshot, Snapshots } from '../../src/poll/snapshots.ts'

const place = { server: 's', datname: 'd', query: 'q' }

const snapshot = (more: Partial<Snapshot> = {}): Snapshot => ({
  ...place,
  intervalSeconds: 15,
  answeredAt: 1000,
  seconds: 0.25,
  rows: 1,
  texts: render([{ family: { name: 'pg_x', type: 'gauge', help: 'X.' }, labels: { server: 's', datname: 'd' }, value: 7 }]).texts,
  failure: undefined,
  ...more
})

/** The page of these snapshots and servers at a moment. */
function pageOf(snapshots: readonly Snapshot[], servers: readonly ServerHealth[], now: number): string {
  return String(renderPage(snapshots, servers, joinAnswers(snapshots, now), now))
}

const labels = '{server="s",datname="d",query="q"}'

test('a snapshot is served for three intervals and not longer', async (t) => {
  t.match(pageOf([snapshot()], [], 46_000), 'pg_x{server="s",datname="d"} 7\n')
  const late = pageOf([snapshot()], [], 46_001)
  t.notMatch(late, 'pg_x')
  t.match(late, `pgvitals_snapshot_age_seconds${labels} 45.001\n`)
})

test('a failed poll keeps the last answer and says that it failed', async (t) => {
  const snapshots = new Snapshots()
  snapshots.put(snapshot())
  snapshots.fail(place, 15, 5, { errorClass: 'timeout', message: 'canceling statement' })
  const page = pageOf(snapshots.all(), [], 20_000)
  t.match(page, 'pg_x{server="s",datname="d"} 7\n')
  t.match(page, `pgvitals_query_success${labels} 0\n`)
  t.match(page, `pgvitals_query_duration_seconds${labels} 5\n`)
})

test('a query that never answered has a success of 0 and neither rows nor age', async (t) => {
  const snapshots = new Snapshots()
  snapshots.fail(place, 15, 0, { errorClass: 'network', message: 'refused' })
  const page = pageOf(snapshots.all(), [], 20_000)
  t.match(page, `pgvitals_query_success${labels} 0\n`)
  t.notMatch(page, /pgvitals_query_rows|pgvitals_snapshot_age_seconds/)
})

test("what no longer runs is forgotten, another server's is not", async (t) => {
  const snapshots = new Snapshots()
  snapshots.put(snapshot())
  snapshots.put(snapshot({ query: 'old' }))
  snapshots.put(snapshot({ server: 'other', query: 'old' }))
  snapshots.keepOnly('s', [place])
  t.same(
    snapshots.all().map(({ server, query }) => `${server} ${query}`),
    ['other old', 's q']
  )
})

test('a database that any series names has its pg_database_info', async (t) => {
  const never = { ...unvisited, name: 'down' }
  const state = { ...never, failure: { errorClass: 'auth', message: '' } as const, failures: 1 }
  const server = {
    server: 's',
    teams: new Map([['down', 'labeler']]),
    openSessions: 0,
    visitIntervals: new Map(),
    isDiscovered: undefined,
    twins: 0,
    capacity: []
  }
  const page = pageOf([snapshot()], [{ ...server, states: [state] }], 2000)
  t.match(page, 'pg_database_info{server="s",datname="d",team=""} 1\n')
  t.match(page, 'pg_database_info{server="s",datname="down",team="labeler"} 1\n')
  t.match(page, 'pg_up{server="s"} 0\n')
  const untried = pageOf([], [{ ...server, states: [never] }], 2000)
  const halfTried = pageOf([], [{ ...server, states: [state, never] }], 2000)
  t.notMatch(halfTried, /pg_up/, 'nor while one that failed is all that was tried')
  t.notMatch(untried, /pg_up|pg_database_up/, 'before the first visit nothing is known')
  t.match(page, 'pg_database_up{server="s",datname="down"} 0\n')
})
