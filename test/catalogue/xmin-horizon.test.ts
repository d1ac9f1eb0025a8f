import { test } from 'tap'
import { allOf } from '../page/parse-page.ts'
import { startServer, startStandby, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'
import { holdSession } from './held-session.ts'

const { pollServer, pollUntil } = createPoller(
  'connections',
  'prepared_xacts',
  'replication_slots',
  'stat_activity_wait_events',
  'xmin_horizon'
)

/** Assigns this many transaction IDs, one in each transaction. */
async function burn(server: TestServer, transactions: number): Promise<void> {
  await server.sql('platform', ...Array.from({ length: transactions }, () => 'select pg_current_xact_id()'))
}

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: each holder of the xmin horizon is exported with its age`, async (t) => {
    const server = await startServer({ major, flags: ['wal_level=logical', 'autovacuum=off'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    t.same(allOf((await pollServer(server)).samples, 'pg_xmin_horizon_age'), [], 'absent without a holder; our own session does not count')

    await server.sql('labeler', "select pg_create_logical_replication_slot('changes', 'pgoutput')")
    await burn(server, 30)
    const reader = await holdSession(server, 'users')
    await reader.run('begin isolation level repeatable read', 'select count(*) from item')
    await burn(server, 20)
    const vacuum = await holdSession(server, 'labeler')
    await vacuum.run('set vacuum_cost_delay = 100', 'set vacuum_cost_limit = 1')
    await server.sql('labeler', "create table big as select repeat('x', 1000) as note from generate_series(1, 1000)")
    vacuum.send('vacuum big')
    await burn(server, 10)
    const result = await pollUntil(
      server,
      ({ samples }) => allOf(samples, 'pg_stat_activity_wait_events', { wait_event: 'VacuumDelay' }).length > 0
    )
    const age = (datname: string, holder: string) => result.value('pg_xmin_horizon_age', { datname, holder }) ?? -1
    t.ok(age('users', 'session') >= 30 && age('users', 'session') < 40, `${age('users', 'session')} since the reader's snapshot`)
    t.ok(
      age('labeler', 'slot_catalog') >= 60 && age('labeler', 'slot_catalog') < 70,
      `${age('labeler', 'slot_catalog')} since the slot was made`
    )
    t.equal(age('labeler', 'session'), -1, 'a vacuum does not hold back others')
    t.equal(age('labeler', 'slot'), -1, 'a logical slot holds back catalogs only')

    await reader.end()
    const after = await pollServer(server)
    t.equal(after.value('pg_xmin_horizon_age', { datname: 'users', holder: 'session' }), undefined)
  })
}

test('the feedback of a standby holds the horizon, directly or through its slot', async (t) => {
  const primary = await startServer({ major: 17, flags: ['autovacuum=off'] })
  t.teardown(() => primary.remove())
  await createTeamDatabases(primary)
  const standby = await startStandby(primary)
  t.teardown(() => standby.remove())
  await standby.sql(
    'postgres',
    'alter system set hot_standby_feedback = on',
    "alter system set wal_receiver_status_interval = '1s'",
    'select pg_reload_conf()'
  )
  const reader = await holdSession(standby, 'users')
  await reader.run('begin isolation level repeatable read', 'select count(*) from item')
  await burn(primary, 25)
  const held = (holder: string) => pollUntil(primary, ({ value }) => (value('pg_xmin_horizon_age', { datname: '', holder }) ?? 0) >= 25)
  const direct = await held('standby')
  t.ok((direct.value('pg_xmin_horizon_age', { holder: 'standby' }) ?? 0) >= 25)
  t.equal(direct.value('pg_xmin_horizon_age', { holder: 'slot' }), undefined)
  t.equal(direct.value('pg_connections_walsenders_in_use'), 1)

  await primary.sql('postgres', "select pg_create_physical_replication_slot('standby')")
  await standby.sql('postgres', "alter system set primary_slot_name = 'standby'", 'select pg_reload_conf()')
  const bySlot = await held('slot')
  t.ok((bySlot.value('pg_xmin_horizon_age', { holder: 'slot' }) ?? 0) >= 25)
  t.equal(bySlot.value('pg_xmin_horizon_age', { holder: 'standby' }), undefined)
  t.ok((bySlot.value('pg_replication_slots_xmin_age', { slot_name: 'standby' }) ?? 0) >= 25, 'the slot has the same age')

  const onStandby = await createPoller().pollServer(standby)
  t.ok((onStandby.value('pg_xmin_horizon_age', { datname: 'users', holder: 'session' }) ?? 0) >= 25, 'the reader, on the standby')
  t.same(allOf(onStandby.samples, 'pg_prepared_xacts'), [], 'absent on a standby')
  t.ok(allOf(onStandby.samples, 'pgvitals_query_success').every(({ value }) => value === 1))
})
