import { test } from 'tap'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { agreeWithServer, pollUntil } = createPoller('replication_slots', 'stat_subscription', 'stat_subscription_stats')

/** A server that subscribes to itself: changes in `platform` are applied in `users`, which already has all rows. */
test('conflicts of a subscription are counted by type', async (t) => {
  const flags = ['wal_level=logical', 'track_commit_timestamp=on', 'wal_retrieve_retry_interval=200ms']
  const server = await startServer({ major: 18, flags })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  for (const database of ['platform', 'users']) await server.sql(database, 'alter table item add code int unique')
  await server.sql('platform', 'create publication items for table item', "select pg_create_logical_replication_slot('copy', 'pgoutput')")
  await server.sql(
    'users',
    `create subscription copy connection 'host=127.0.0.1 port=${server.port} user=postgres password=secret dbname=platform'
     publication items with (create_slot = false, slot_name = 'copy', copy_data = false)`
  )
  const labels = { datname: 'users', subname: 'copy' }
  const none = 'pg_stat_subscription_stats_confl_update_missing_total'
  await pollUntil(server, ({ value }) => value('pg_stat_subscription_apply_worker_up', labels) === 1 && value(none, labels) === 0)

  // The subscriber wrote its own rows and deleted two of them.
  await server.sql('users', 'delete from item where id in (3, 4)')
  await server.sql(
    'platform',
    'update item set note = $$a$$ where id = 1',
    'delete from item where id = 2',
    'update item set note = $$a$$ where id = 3',
    'delete from item where id = 4'
  )
  const found = await pollUntil(
    server,
    ({ value }) => value('pg_stat_subscription_stats_confl_delete_missing_total', labels) === 1 && value(none, labels) === 1
  )
  for (const name of [
    'pg_stat_subscription_stats_confl_update_origin_differs_total',
    'pg_stat_subscription_stats_confl_delete_origin_differs_total',
    'pg_stat_subscription_stats_confl_update_missing_total',
    'pg_stat_subscription_stats_confl_delete_missing_total'
  ])
    t.equal(found.value(name, labels), 1, name)

  // The apply worker retries a conflicting change until the other row is removed.
  const stops = async (name: string, there: string, coming: string, fix: string) => {
    t.equal(found.value(name, labels), 0, `${name} was 0`)
    await server.sql('users', there)
    await server.sql('platform', coming)
    await agreeWithServer(t, server, {
      database: 'users',
      from: 'pg_stat_subscription_stats',
      labels,
      metrics: { [name]: name.replace(/^pg_stat_subscription_stats_(.*)_total$/, '$1') }
    })
    await server.sql('users', fix)
  }
  await stops(
    'pg_stat_subscription_stats_confl_update_exists_total',
    'insert into item values (1000)',
    'update item set id = 1000 where id = 5',
    'delete from item where id = 1000'
  )
  await stops(
    'pg_stat_subscription_stats_confl_insert_exists_total',
    'insert into item values (2000)',
    'insert into item values (2000)',
    'delete from item where id = 2000'
  )
  await stops(
    'pg_stat_subscription_stats_confl_multiple_unique_conflicts_total',
    'insert into item values (3000, null, 1), (3001, null, 2)',
    'insert into item values (3000, null, 2)',
    'delete from item where id >= 3000'
  )
  await pollUntil(server, ({ value }) => value('pg_replication_slots_unconfirmed_bytes', { slot_name: 'copy' }) === 0)
  await agreeWithServer(t, server, {
    from: "pg_replication_slots where slot_name = 'copy'",
    labels: { slot_name: 'copy', slot_type: 'logical', database: 'platform' },
    metrics: {
      pg_replication_slots_slot_is_active: 'active::int',
      pg_replication_slots_slot_current_wal_lsn: "pg_current_wal_lsn() - '0/0'",
      pg_replication_slots_slot_confirmed_flush_lsn: "confirmed_flush_lsn - '0/0'"
    }
  })
})
