import { type Test, test } from 'tap'
import { makeExporter } from '../exporter/run-exporter.ts'
import { allOf, sampleValue } from '../page/parse-page.ts'
import { type Major, startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller, type PollResult } from './create-poller.ts'
import { holdSession } from './held-session.ts'

const { pollUntil } = createPoller(
  'connections',
  'long_running_transactions',
  'stat_activity_autovacuum',
  'stat_activity_backends',
  'stat_activity_connections',
  'stat_activity_oldest',
  'stat_activity_running',
  'stat_activity_wait_events',
  'stat_progress_vacuum',
  'xmin_horizon'
)

const limits = ['max_connections=30', 'superuser_reserved_connections=4', 'max_wal_senders=7']

async function startTeamServer(t: Test, major: Major, ...flags: string[]): Promise<TestServer> {
  const server = await startServer({ major, flags: [...limits, ...flags] })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  return server
}

/** The values of a family in a database by one label, without those that are 0. */
function byLabel({ samples }: PollResult, name: string, datname: string, label: string): Record<string, number> {
  const found = allOf(samples, name, { datname }).filter(({ value }) => value !== 0)
  return Object.fromEntries(found.map(({ labels, value }) => [`${labels.usename ?? ''} ${labels[label]}`.trim(), value]))
}

for (const major of [13, 16, 18] as const) {
  test(`sessions of PostgreSQL ${major} are exported by state, with the age of what they do`, async (t) => {
    const server = await startTeamServer(t, major, 'autovacuum=off', ...(major >= 16 ? ['reserved_connections=5'] : []))
    await server.sql('postgres', 'grant connect on database labeler to platform_owner')
    const start = performance.now()
    const open = (user: string) => holdSession(server, 'labeler', user)
    const [idleInTransaction, aborted, sleeping, busy] = await Promise.all(
      ['labeler_owner', 'platform_owner', 'labeler_owner', 'postgres'].map(open)
    )
    await idleInTransaction?.run('begin', 'select count(*) from item')
    await aborted?.run('begin')
    await aborted?.run('select 1 / 0').catch(() => {})
    const began = performance.now()
    sleeping?.send('select pg_sleep(60)')
    busy?.send('do $$ begin loop end loop; end $$')
    await holdSession(server, 'users')
    await server.sql('users', 'select pg_sleep(0.3)')
    const least = (performance.now() - began) / 1000
    const result = await pollUntil(
      server,
      ({ samples }) => allOf(samples, 'pg_stat_activity_wait_events', { datname: 'labeler' }).length === 2
    )
    const most = (performance.now() - start) / 1000

    t.same(byLabel(result, 'pg_stat_activity_connections', 'labeler', 'state'), {
      'labeler_owner idle in transaction': 1,
      'platform_owner idle in transaction (aborted)': 1,
      'labeler_owner active': 1,
      'postgres active': 1
    })
    t.same(byLabel(result, 'pg_stat_activity_connections', 'users', 'state'), { 'postgres idle': 1 })
    t.equal(result.value('pg_stat_activity_connections', { datname: 'labeler', state: 'idle' }), 0, 'a state without sessions is 0')
    t.equal(result.value('pg_stat_activity_connections', { datname: 'platform', state: 'active' }), 0, 'our own session is not counted')

    t.equal(result.value('pg_connections_max'), 30)
    t.equal(result.value('pg_connections_reserved'), major >= 16 ? 9 : 4)
    t.equal(result.value('pg_connections_usable'), major >= 16 ? 21 : 26)
    t.equal(result.value('pg_connections_in_use'), 6, 'five sessions and our own')
    t.equal(result.value('pg_connections_walsenders_max'), 7)
    t.equal(result.value('pg_connections_walsenders_in_use'), 0)

    for (const [name, usename] of [
      ['pg_stat_activity_oldest_transaction_seconds', 'labeler_owner'],
      ['pg_stat_activity_oldest_transaction_seconds', 'postgres'],
      ['pg_stat_activity_oldest_query_seconds', 'labeler_owner'],
      ['pg_stat_activity_oldest_idle_in_transaction_seconds', 'labeler_owner'],
      ['pg_stat_activity_oldest_idle_in_transaction_seconds', 'platform_owner']
    ] as const) {
      const seconds = result.value(name, { datname: 'labeler', usename })
      t.ok(seconds !== undefined && seconds >= least && seconds <= most, `${name} of ${usename}: ${least} <= ${seconds} <= ${most}`)
    }
    t.equal(
      result.value('pg_stat_activity_oldest_idle_in_transaction_seconds', { usename: 'postgres' }),
      undefined,
      'none of its sessions is idle in transaction'
    )
    t.equal(
      result.value('pg_stat_activity_oldest_transaction_seconds', { usename: 'platform_owner' }),
      undefined,
      'a failed transaction does not count'
    )
    t.same(
      allOf(result.samples, 'pg_stat_activity_oldest_transaction_seconds', { datname: 'users' }),
      [],
      'absent without an open transaction'
    )
    t.equal(result.value('pg_long_running_transactions'), 3, 'a failed transaction does not count here either')
    const oldest = result.value('pg_long_running_transactions_oldest_timestamp_seconds') ?? 0
    t.ok(oldest >= least && oldest <= most, 'an age, in spite of the name')

    const waits = allOf(result.samples, 'pg_stat_activity_wait_events', { datname: 'labeler', backend_type: 'client backend' })
    t.same(
      waits.map(({ labels, value }) => `${labels.wait_event_type} ${labels.wait_event} ${value}`).sort(),
      ['CPU CPU 1', 'Timeout PgSleep 1'],
      'idle sessions have no wait event'
    )
    const busyFor = (older_than: string) => ({ datname: 'labeler', usename: 'postgres', state: 'active', older_than })
    const running = await pollUntil(server, ({ value }) => value('pg_stat_activity_running', busyFor('1s')) === 1)
    t.equal(running.value('pg_stat_activity_running', busyFor('1s')), 1)
    t.equal(running.value('pg_stat_activity_running', busyFor('1h')), 0)

    t.equal(result.value('pg_stat_activity_backends', { backend_type: 'checkpointer' }), 1)
    t.equal(result.value('pg_stat_activity_backends', { backend_type: 'client backend' }), 6)
    t.equal(result.value('pg_stat_activity_backends', { backend_type: 'autovacuum launcher' }), undefined)
  })
}

test('sessions of pgvitals do not count as long-running, whatever their credential', async (t) => {
  const server = await startTeamServer(t, 18)
  for (const name of ['pgvitals', 'application']) (await holdSession(server, 'labeler', 'labeler_owner', name)).send('select pg_sleep(60)')
  ;(await holdSession(server, 'platform', 'platform_owner', 'pgvitals')).send('select pg_sleep(60)')
  const running = (usename: string) => ({ usename, state: 'active', older_than: '1s' })
  const { value } = await pollUntil(server, (result) => result.value('pg_stat_activity_running', running('labeler_owner')) === 1)
  t.equal(value('pg_stat_activity_running', running('labeler_owner')), 1)
  t.equal(value('pg_stat_activity_running', running('platform_owner')), undefined)
})

test('an autovacuum is exported with the real name of its table and its start time', async (t) => {
  // An analyze would hold the horizon.
  const server = await startTeamServer(t, 18, 'autovacuum_naptime=1s', 'autovacuum_analyze_threshold=1000000')
  const slow =
    'autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1'
  const before = Date.now() / 1000
  await server.sql(
    'platform',
    'create schema "my.schema"',
    // The text of the activity is ambiguous: "autovacuum: VACUUM my.schema.eve.nts (to prevent wraparound)".
    `create table "my.schema"."eve.nts (to prevent wraparound)" with (${slow}) as
      select g as id, repeat('x', 1000) as note from generate_series(1, 500) as g`,
    'delete from "my.schema"."eve.nts (to prevent wraparound)" where id % 2 = 0'
  )
  const [size] = await server.sql('platform', `select pg_relation_size('"my.schema"."eve.nts (to prevent wraparound)"') / 8192 as blocks`)
  const table = { schemaname: 'my.schema', relname: 'eve.nts (to prevent wraparound)' }
  const labels = { datname: 'platform', ...table }
  const began = (result: PollResult) => result.value('pg_stat_activity_autovacuum_timestamp_seconds', labels)
  const result = await pollUntil(server, (result) => began(result) !== undefined)
  const timestamp = began(result) ?? 0
  t.ok(timestamp > before && timestamp < Date.now() / 1000, `the start time ${timestamp} is plausible`)
  t.equal(
    result.value('pg_xmin_horizon_age', { datname: 'platform', holder: 'autovacuum' }),
    undefined,
    'a vacuum does not hold back others'
  )
  t.equal(result.value('pg_stat_progress_vacuum_heap_blks', table), Number(size?.blocks))
})

test('without pg_read_all_stats a role exports connections, but neither states nor false zeros', async (t) => {
  const server = await startTeamServer(t, 18)
  await (await holdSession(server, 'labeler', 'labeler_owner')).run('begin')
  await (await holdSession(server, 'users', 'users_owner')).run('begin')
  const { exporter, samples } = makeExporter({ DATABASE_URL: server.url('labeler', 'labeler_owner') })
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  const connections = allOf(all, 'pg_stat_activity_connections')
  t.same(
    connections
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => `${labels.datname} ${labels.usename} ${labels.state} ${value}`)
      .sort(),
    ['labeler labeler_owner idle in transaction 1', 'users users_owner unknown 1']
  )
  t.same(
    connections.filter(({ labels, value }) => labels.datname === 'users' && value === 0),
    [],
    'no state that an invisible session could have is 0'
  )
  t.equal(sampleValue(all, 'pg_stat_activity_connections', { datname: 'labeler', state: 'active' }), 0)
  t.equal(sampleValue(all, 'pg_connections_usable'), 26)
  for (const name of ['connections_in_use', 'stat_activity_backends', 'long_running_transactions'])
    t.same(allOf(all, `pg_${name}`), [], `${name} is absent`)
  t.equal(sampleValue(all, 'pg_stat_activity_wait_events', { datname: 'users', wait_event: 'unknown' }), 1)
  t.equal(sampleValue(all, 'pg_stat_activity_blocked_sessions', { datname: 'users' }), 0, 'pg_locks shows every wait')
  t.match(allOf(all, 'pg_stat_activity_oldest_transaction_seconds'), [{ labels: { usename: 'labeler_owner' } }])
  t.ok(allOf(all, 'pgvitals_query_success').every(({ value }) => value === 1))
})
