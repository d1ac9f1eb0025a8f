import { test } from 'tap'
import { render } from '../../src/metric/exposition.ts'
import type { ServerHealth } from '../../src/page/health.ts'
import { joinSnapshots, renderPage } from '../../src/page/page.ts'
import type { IsSelected } from '../../src/page/selection.ts'
import { type DatabaseState, unpolled } from '../../src/poll/polled-database.ts'
import { type Failure, type Snapshot, Snapshots } from '../../src/poll/snapshots.ts'
import { makeFacts } from '../plan/make-candidate.ts'

const snapshot = (more: Partial<Snapshot> = {}): Snapshot => ({
  server: 's',
  datname: 'd',
  query: 'q',
  intervalSeconds: 15,
  succeededAt: 1000,
  seconds: 0.25,
  rows: 1,
  texts: render([{ family: { name: 'pg_x', type: 'gauge', help: 'X.' }, labels: { server: 's', datname: 'd' }, value: 7 }]).texts,
  failure: undefined,
  ...more
})

const health = (states: readonly DatabaseState[], more: Partial<ServerHealth> = {}): ServerHealth => ({
  server: 's',
  states,
  teams: new Map(),
  openSessions: 0,
  intervals: new Map(),
  cycleEnds: new Map(),
  budgetedInterval: 15,
  isDiscovered: undefined,
  duplicates: 0,
  capacity: [],
  ...more
})

/** The page of these snapshots and servers at a time. */
function pageOf(
  snapshots: readonly Snapshot[],
  servers: readonly ServerHealth[],
  now: number,
  isSelected: IsSelected = () => true
): string {
  return String(Buffer.concat(renderPage({ snapshots, servers, own: [], isSelected, now, unixOffsetMs }).parts))
}

const unixOffsetMs = 1_700_000_000_000

const labels = '{server="s",datname="d",query="q"}'
const denied: Failure = { errorClass: 'auth', message: '' }

test('a snapshot is served for three intervals', async (t) => {
  t.match(pageOf([snapshot()], [], 46_000), 'pg_x{server="s",datname="d"} 7\n')
  const late = pageOf([snapshot()], [], 46_001)
  t.notMatch(late, 'pg_x')
  t.match(late, `pgvitals_snapshot_timestamp_seconds${labels} 1700000001\n`)
  t.match(late, `pgvitals_query_success${labels} 1\n`)
})

test('joined snapshots are valid until the first of them expires', async (t) => {
  const all = [snapshot(), snapshot({ query: 'slow', intervalSeconds: 60 })]
  t.equal(joinSnapshots(all, 2000).freshUntil, 46_000)
  t.equal(joinSnapshots(all, 46_001).freshUntil, 181_000)
  t.equal(joinSnapshots([], 2000).freshUntil, Number.POSITIVE_INFINITY)
})

test('a failed poll keeps the last result and reports the failure', async (t) => {
  const snapshots = new Snapshots('s')
  snapshots.put(snapshot())
  snapshots.fail('d', 'q', 15, 5, { errorClass: 'timeout', message: 'canceling statement' })
  const page = pageOf(snapshots.all(), [], 20_000)
  t.match(page, 'pg_x{server="s",datname="d"} 7\n')
  t.match(page, `pgvitals_query_success${labels} 0\n`)
  t.match(page, `pgvitals_query_duration_seconds${labels} 5\n`)
  t.match(page, 'pg_scrape_collector_success{server="s",collector="q"} 0\n')
  t.match(page, 'pg_exporter_last_scrape_error{server="s"} 1\n')
})

test('a query that never succeeded has a success of 0 and neither rows nor a time', async (t) => {
  const snapshots = new Snapshots('s')
  snapshots.fail('d', 'q', 15, 0, { errorClass: 'network', message: 'refused' })
  const page = pageOf(snapshots.all(), [], 20_000)
  t.match(page, `pgvitals_query_success${labels} 0\n`)
  t.notMatch(page, /pgvitals_query_rows|pgvitals_snapshot_timestamp_seconds/)
})

test('a database that is down has one success for all queries, and that of each query until its result expires', async (t) => {
  const down: DatabaseState = { ...unpolled('d'), failure: denied, failures: 1 }
  const all = [snapshot({ failure: denied }), snapshot({ datname: '', failure: denied }), snapshot({ datname: 'e' })]
  const success = (now: number, ...states: readonly DatabaseState[]) =>
    pageOf(all, [health(states)], now).match(/(?<=pgvitals_query_success\{server="s",datname=)"\w*",query="\w*"\} \d/g)
  t.same(success(2000, down), ['"d",query=""} 0', '"d",query="q"} 0', '"",query="q"} 0', '"e",query="q"} 1'])
  t.same(success(46_001, down), ['"d",query=""} 0', '"e",query="q"} 1'])
  const up: DatabaseState = { ...unpolled('e'), isUp: true }
  t.same(success(46_001, down, up), ['"d",query=""} 0', '"",query="q"} 0', '"e",query="q"} 1'], 'the server is up')
  t.same(success(46_001, up), ['"d",query="q"} 0', '"",query="q"} 0', '"e",query="q"} 1'])
})

test('a server that has never responded has few series, among them those of its failure', async (t) => {
  const down: DatabaseState = { ...unpolled('d'), failure: denied, failures: 1 }
  const page = pageOf([], [health([down], { intervals: new Map([['d', 15]]) })], 2000)
  t.match(page, 'pg_up{server="s"} 0\n')
  t.match(page, 'pg_database_up{server="s",datname="d"} 0\n')
  t.match(page, 'pgvitals_query_success{server="s",datname="d",query=""} 0\n')
  t.match(page, 'pgvitals_database_state{server="s",datname="d",reason="auth"} 1\n')
  t.match(page, 'pg_exporter_last_scrape_error{server="s"} 1\n')
  t.ok((page.match(/^pg/gm) ?? []).length <= 10)
})

test('the end of the last poll cycle is exported for databases that are up or were never polled', async (t) => {
  const states: readonly DatabaseState[] = [
    { ...unpolled('up'), isUp: true },
    unpolled('waits for its first cycle'),
    { ...unpolled('down'), failure: denied, failures: 1 },
    { ...unpolled('deferred'), failure: denied, isDeferred: true },
    { ...unpolled('not permitted'), failure: denied, isNotPermitted: true }
  ]
  const cycleEnds = new Map(states.map(({ name }, index) => [name, 1_700_000_000.5 + index]))
  const lines = pageOf([], [health(states, { cycleEnds })], 2000).match(/^pgvitals_poll_cycle_timestamp_seconds.*$/gm)
  t.same(lines, [
    'pgvitals_poll_cycle_timestamp_seconds{server="s",datname="up"} 1700000000.5',
    'pgvitals_poll_cycle_timestamp_seconds{server="s",datname="waits for its first cycle"} 1700000001.5'
  ])
})

test('samples of one family from several snapshots share one header', async (t) => {
  const other = render([{ family: { name: 'pg_x', type: 'gauge', help: 'X.' }, labels: { server: 's', datname: 'e' }, value: 8 }]).texts
  const page = pageOf([snapshot(), snapshot({ datname: 'e', texts: other })], [], 2000)
  t.match(page, '# HELP pg_x X.\n# TYPE pg_x gauge\npg_x{server="s",datname="d"} 7\npg_x{server="s",datname="e"} 8\n')
  t.equal(page.split('# HELP pg_x ').length, 2)
})

test('every database that any series names has its pg_database_info', async (t) => {
  const down: DatabaseState = { ...unpolled('down'), failure: denied, failures: 1 }
  const page = pageOf([snapshot()], [health([down], { teams: new Map([['down', 'labeler']]) })], 2000)
  t.match(page, 'pg_database_info{server="s",datname="d",team=""} 1\n')
  t.match(page, 'pg_database_info{server="s",datname="down",team="labeler"} 1\n')
})

test('pg_up is 1 if one database is up, 0 if none is, and absent until a connection to each of them was attempted', async (t) => {
  const never = unpolled('never')
  const down: DatabaseState = { ...unpolled('down'), failure: denied, failures: 1 }
  const deferred: DatabaseState = { ...unpolled('deferred'), failure: denied, isDeferred: true }
  const up: DatabaseState = { ...unpolled('up'), isUp: true }
  const page = (...states: readonly DatabaseState[]) => pageOf([], [health(states)], 2000)
  t.match(page(down), 'pg_up{server="s"} 0\n')
  t.match(page(down), 'pg_database_up{server="s",datname="down"} 0\n')
  t.match(page(down, up), 'pg_up{server="s"} 1\n')
  t.notMatch(page(never), /pg_up|pg_database_up/)
  t.notMatch(page(down, never), /pg_up/)
  t.notMatch(page(down, deferred), /pg_up|datname="deferred"} 0/)
})

test('the state of each database has a reason', async (t) => {
  const states: readonly DatabaseState[] = [
    { ...unpolled('up'), isUp: true },
    { ...unpolled('down'), failure: denied, failures: 1 },
    unpolled('never')
  ]
  const page = pageOf([], [health(states)], 2000)
  t.match(page, 'pgvitals_database_state{server="s",datname="up",reason="up"} 1\n')
  t.match(page, 'pgvitals_database_state{server="s",datname="down",reason="auth"} 1\n')
  t.match(page, 'pgvitals_database_state{server="s",datname="never",reason="not_polled"} 1\n')
})

test('a blind spot is a capability of 0; for the server where one database with it is enough', async (t) => {
  const facts = makeFacts([18])
  const withStatements = { ...facts, capabilities: new Set(['pg_stat_statements', 'pg_monitor']) }
  const state = (name: string, known: typeof facts): DatabaseState => ({ ...unpolled(name), isUp: true, facts: known })
  const capability = (datname: string, name: string, value: number) =>
    `pgvitals_capability{server="s",datname="${datname}",capability="${name}"} ${value}\n`
  const blind = pageOf([], [health([state('a', facts)])], 2000)
  t.match(blind, capability('a', 'pg_monitor', 0))
  t.match(blind, capability('', 'pg_stat_statements', 0))
  const both = pageOf([], [health([state('a', facts), state('b', withStatements)])], 2000)
  t.match(both, capability('a', 'pg_monitor', 0))
  t.match(both, capability('b', 'pg_monitor', 1))
  t.match(both, capability('', 'pg_stat_statements', 1))
  t.notMatch(pageOf([], [health([unpolled('a')])], 2000), /pgvitals_capability/)
  const tracking = (...isOn: boolean[]) =>
    isOn.map((value, index) =>
      state(String(index), { ...facts, tracking: new Map([['track_counts', { isOn: value, source: undefined, offIn: undefined }]]) })
    )
  t.match(pageOf([], [health(tracking(true, true))], 2000), capability('', 'track_counts', 1))
  t.match(pageOf([], [health(tracking(true, false))], 2000), capability('', 'track_counts', 0), 'off in one database')
  t.notMatch(blind, /track_counts/, 'absent while unknown')
})

test('a selected part contains neither the samples nor the health of the rest', async (t) => {
  const other = render([{ family: { name: 'pg_x', type: 'gauge', help: 'X.' }, labels: { server: 's', datname: 'e' }, value: 8 }]).texts
  const states = ['d', 'e'].map((name): DatabaseState => ({ ...unpolled(name), isUp: true }))
  const all = [snapshot(), snapshot({ datname: 'e', texts: other })]
  const page = pageOf(all, [health(states)], 2000, (_, datnames) => datnames.some((datname) => datname !== 'e'))
  t.match(page, 'pg_x{server="s",datname="d"} 7\n')
  t.match(page, 'pg_database_up{server="s",datname="d"} 1\n')
  t.match(page, 'pg_up{server="s"} 1\n')
  t.notMatch(page, /pg_x\{server="s",datname="e"|pg_database_(up|info)\{server="s",datname="e"/)
})

test('a text that ran in several databases is selected with any of them', async (t) => {
  const [text] = snapshot().texts
  const texts = text === undefined ? [] : [{ ...text, datname: '', ranIn: ['d', 'e'] }]
  const joined = (selected: string) =>
    String(Buffer.concat(joinSnapshots([snapshot({ texts })], 2000, (_, names) => names.includes(selected)).parts))
  t.match(joined('d'), 'pg_x')
  t.match(joined('e'), 'pg_x')
  t.equal(joined('f'), '')
  t.equal(joined(''), '')
})

test('if several databases contribute to a server-wide query, the page contains each row once, from the role that sees it', async (t) => {
  const session = (datname: string, usename: string, state: string) => ({
    family: { name: 'pg_sessions', type: 'gauge', help: 'S.' } as const,
    labels: { server: 's', datname, usename, state },
    value: 1
  })
  const from = (datname: string, role: string, rows: readonly ReturnType<typeof session>[], more: Partial<Snapshot> = {}) =>
    snapshot({ datname, roles: new Set([role]), texts: render(rows, undefined, (labels) => labels.usename ?? '').texts, ...more })
  const host = from('', 'x', [
    session('a', 'x', 'idle'),
    session('a', 'y', 'unknown'),
    session('b', 'x', 'idle'),
    session('b', 'y', 'unknown')
  ])
  const part = from('b', 'y', [
    session('a', 'y', 'active'),
    session('b', 'x', 'unknown'),
    session('b', 'y', 'active'),
    session('b', 'z', 'unknown')
  ])
  const sessionsOf = (snapshots: readonly Snapshot[], now = 2000) =>
    [...pageOf(snapshots, [], now).matchAll(/^pg_sessions.*datname="(.)",usename="(.)",state="(\w+)"/gm)].map((match) =>
      match.slice(1).join(' ')
    )
  t.same(sessionsOf([host, part]).sort(), ['a x idle', 'a y active', 'b x idle', 'b y active', 'b z unknown'])
  t.same(sessionsOf([host]), ['a x idle', 'a y unknown', 'b x idle', 'b y unknown'], 'without it the server has all rows')
  const stale = { ...part, succeededAt: -60_000 }
  t.same(sessionsOf([host, stale]), ['a x idle', 'a y unknown', 'b x idle', 'b y unknown'], 'and once its snapshot has expired')
  const expired = { ...host, succeededAt: -60_000 }
  t.same(sessionsOf([expired, part, from('a', 'x', [session('b', 'y', 'unknown')])]), sessionsOf([expired, part]))
  const unpolled = from('a', 'y', [session('a', 'y', 'active'), session('b', 'y', 'active')])
  t.same(sessionsOf([unpolled, part]).length, 4, 'also before the first poll of the server')
  t.same(sessionsOf([host, { ...part, server: 'other' }]).length, 8, 'servers are independent')
})
