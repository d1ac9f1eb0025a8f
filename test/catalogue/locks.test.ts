import { type Test, test } from 'tap'
import { makeExporter } from '../exporter/run-exporter.ts'
import { allOf, sampleValue } from '../page/parse-page.ts'
import { type Major, startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller, type PollResult } from './create-poller.ts'
import { holdSession } from './held-session.ts'

const { pollUntil } = createPoller(
  'locks_by_grant',
  'prepared_xacts',
  'stat_activity_blocked',
  'stat_activity_root_blockers',
  'xmin_horizon'
)

async function startTeamServer(t: Test, major: Major, ...flags: string[]): Promise<TestServer> {
  const server = await startServer({ major, flags: ['max_prepared_transactions=5', 'autovacuum=off', ...flags] })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  return server
}

/** The number of sessions of a database that wait for a lock. */
function blocked({ samples }: PollResult, datname: string): number {
  return allOf(samples, 'pg_stat_activity_blocked_sessions', { datname }).reduce((sum, { value }) => sum + value, 0)
}

for (const major of [13, 14, 18] as const) {
  test(`PostgreSQL ${major}: blocked sessions are attributed to the root blocker until it ends`, async (t) => {
    const server = await startTeamServer(t, major)
    const root = await holdSession(server, 'users', 'users_owner')
    await root.run('begin', 'update item set note = 1 where id = 1')
    const start = performance.now()
    const sendAndWait = async (user: string, statement: string, waiting: number) => {
      const session = await holdSession(server, 'users', user)
      session.send(statement)
      await server.sql(
        'users',
        `do $$ begin while (select count(*) from pg_locks where not granted) < ${waiting} loop perform pg_sleep(0.02); end loop; end $$`
      )
      return session
    }
    await sendAndWait('users_owner', 'update item set note = 2 where id = 1', 1)
    const begun = performance.now()
    const locker = await sendAndWait('postgres', 'begin; lock table item in access exclusive mode', 2)
    await sendAndWait('postgres', 'select count(*) from item', 3)
    await server.sql('users', 'select pg_sleep(0.3)')
    const least = (performance.now() - begun) / 1000
    const result = await pollUntil(server, (result) => blocked(result, 'users') === 3)
    const most = (performance.now() - start) / 1000
    const isBetween = (seconds: number | undefined, what: string) =>
      t.ok(seconds !== undefined && seconds >= least && seconds <= most, `${what}: ${least} <= ${seconds} <= ${most}`)

    t.equal(result.value('pg_stat_activity_blocked_sessions', { datname: 'users', usename: 'users_owner' }), 1)
    t.equal(result.value('pg_stat_activity_blocked_sessions', { datname: 'users', usename: 'postgres' }), 2)
    t.equal(result.value('pg_stat_activity_blocked_sessions', { datname: 'labeler' }), 0)
    t.match(allOf(result.samples, 'pg_stat_activity_root_blockers'), [
      { labels: { datname: 'users', usename: 'users_owner', state: 'idle in transaction' }, value: 1 }
    ])
    t.equal(allOf(result.samples, 'pg_stat_activity_root_blockers').length, 1, 'a session that both blocks and waits is not a root blocker')
    t.equal(result.value('pg_stat_activity_root_blockers_blocked_sessions'), 3, 'blocked directly and indirectly')
    isBetween(result.value('pg_stat_activity_root_blockers_longest_statement_seconds'), 'statement')
    isBetween(result.value('pg_stat_activity_blocked_longest_statement_seconds', { usename: 'users_owner' }), 'statement')
    t.ok((result.value('pg_stat_activity_root_blockers_oldest_transaction_seconds') ?? 0) >= least)
    if (major === 13)
      t.same(
        allOf(result.samples, 'pg_stat_activity_blocked_longest_wait_seconds'),
        [],
        'PostgreSQL 13 does not record the start of a wait'
      )
    else {
      isBetween(result.value('pg_stat_activity_root_blockers_longest_wait_seconds'), 'wait')
      isBetween(result.value('pg_stat_activity_blocked_longest_wait_seconds', { usename: 'users_owner' }), 'wait')
      const short = result.value('pg_stat_activity_blocked_longest_wait_seconds', { usename: 'postgres' }) ?? 0
      t.ok(short > 0.3 && short < (result.value('pg_stat_activity_blocked_longest_wait_seconds', { usename: 'users_owner' }) ?? 0))
    }

    const locks = (labels: Record<string, string>) => result.value('pg_locks_by_grant', { datname: 'users', ...labels })
    t.equal(locks({ locktype: 'relation', mode: 'accessexclusivelock', granted: 'false' }), 1)
    t.equal(locks({ locktype: 'relation', mode: 'accesssharelock', granted: 'false' }), 1)
    t.equal(
      locks({ locktype: 'transactionid', mode: 'sharelock', granted: 'false' }),
      1,
      'a session that waits for a row waits for a transaction'
    )
    t.equal(locks({ locktype: 'transactionid', mode: 'exclusivelock', granted: 'true' }), 3, 'both writers and the locker')
    t.equal(locks({ locktype: 'relation', mode: 'accessexclusivelock', granted: 'true' }), undefined)

    await root.end()
    const next = await pollUntil(server, (result) => blocked(result, 'users') === 1)
    t.same(
      allOf(next.samples, 'pg_stat_activity_root_blockers_blocked_sessions').map(({ labels, value }) => [labels.usename, value]),
      [['postgres', 1]],
      'the next session in the queue becomes the root blocker'
    )
    await locker.end()
    const after = await pollUntil(server, (result) => blocked(result, 'users') === 0)
    t.equal(after.value('pg_stat_activity_blocked_sessions', { datname: 'users' }), 0)
    t.same(allOf(after.samples, 'pg_stat_activity_root_blockers'), [])
    t.equal(after.value('pg_locks_by_grant', { datname: 'users', granted: 'false' }), undefined)
  })
}

test('a prepared transaction is counted and can be a root blocker until it ends', async (t) => {
  for (const major of [13, 18] as const) {
    const server = await startTeamServer(t, major)
    const client = await holdSession(server, 'labeler', 'labeler_owner')
    await client.run('begin', 'update item set note = 1 where id = 1', "prepare transaction 'forgotten'")
    const waiter = await holdSession(server, 'labeler')
    waiter.send('begin; lock table item')
    await server.sql('labeler', ...Array.from({ length: 40 }, () => 'select pg_current_xact_id()'), 'select pg_sleep(0.2)')
    const result = await pollUntil(server, (result) => blocked(result, 'labeler') === 1)
    const labels = { datname: 'labeler', owner: 'labeler_owner' }
    t.equal(result.value('pg_prepared_xacts', labels), 1)
    t.equal(result.value('pg_prepared_xacts', { datname: 'users' }), 0)
    const seconds = result.value('pg_prepared_xacts_oldest_seconds', labels) ?? 0
    t.ok(seconds >= 0.2 && seconds < 20, `${seconds} s`)
    t.same(
      allOf(result.samples, 'pg_stat_activity_root_blockers').map(({ labels, value }) => [
        labels.datname,
        labels.usename,
        labels.state,
        value
      ]),
      [['labeler', 'labeler_owner', 'prepared transaction', 1]]
    )
    const age = result.value('pg_xmin_horizon_age', { datname: 'labeler', holder: 'prepared' }) ?? 0
    t.ok(age >= 41 && age < 45, `${age} transactions`)
    await client.run("rollback prepared 'forgotten'")
    const after = await pollUntil(server, (result) => blocked(result, 'labeler') === 0)
    t.equal(after.value('pg_prepared_xacts', { datname: 'labeler' }), 0)
    t.equal(after.value('pg_prepared_xacts_oldest_seconds', { datname: 'labeler' }), undefined)
    t.equal(after.value('pg_xmin_horizon_age', { holder: 'prepared' }), undefined)
  }
})

test('a cycle of waiting sessions ends the search and has no root blocker', async (t) => {
  const server = await startTeamServer(t, 18, 'deadlock_timeout=1min')
  const [one, two, behind] = await Promise.all(['platform', 'platform', 'platform'].map((datname) => holdSession(server, datname)))
  await one?.run('begin', 'update item set note = 1 where id = 1')
  await two?.run('begin', 'update item set note = 1 where id = 2')
  one?.send('update item set note = 1 where id = 2')
  two?.send('update item set note = 1 where id = 1')
  await server.sql('platform', 'select pg_sleep(0.2)')
  behind?.send('update item set note = 1 where id = 1')
  const result = await pollUntil(server, (result) => blocked(result, 'platform') === 3)
  t.equal(blocked(result, 'platform'), 3)
  t.equal(result.value('pgvitals_query_success', { query: 'stat_activity_root_blockers' }), 1)
  t.same(allOf(result.samples, 'pg_stat_activity_root_blockers'), [])
})

test('the poll of a long queue stays short, because it reads each lock once', async (t) => {
  const server = await startTeamServer(t, 18, 'max_connections=250')
  await (await holdSession(server, 'platform')).run('begin', 'lock table item')
  const queue = await Promise.all(Array.from({ length: 200 }, () => holdSession(server, 'platform')))
  for (const session of queue) session.send('update item set note = 1')
  const result = await pollUntil(server, (result) => blocked(result, 'platform') === 200)
  t.equal(result.value('pg_stat_activity_root_blockers_blocked_sessions', { datname: 'platform' }), 200)
  // Ten times longer than it takes; a search for each session would take longer.
  const environment = {
    DATABASE_URL: server.url('platform', 'pgvitals'),
    PGVITALS_QUERIES: '{ stat_activity_root_blockers: { timeout: 1s } }'
  }
  const { exporter, samples } = makeExporter(environment, { queries: ['stat_activity_root_blockers'] })
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  t.equal(sampleValue(await samples(), 'pgvitals_query_success', { query: 'stat_activity_root_blockers' }), 1)
})
