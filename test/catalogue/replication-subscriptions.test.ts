import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { test } from 'tap'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller, type PollResult } from './create-poller.ts'

const { pollServer, pollUntil } = createPoller(
  'stat_replication_connections',
  'stat_replication_slots',
  'stat_subscription',
  'stat_subscription_stats',
  'subscription_rel',
  'wal_position'
)

for (const major of [13, 15, 18] as const) {
  test(`a subscription of PostgreSQL ${major} applies changes, ${major >= 15 ? 'is disabled by an existing row, ' : ''}waits for a publisher, and is disabled`, async (t) => {
    const flags = [
      'wal_level=logical',
      'logical_decoding_work_mem=64kB',
      'wal_retrieve_retry_interval=300ms',
      'max_sync_workers_per_subscription=1'
    ]
    const server = await startServer({ major, flags })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    // A subscription to its own server would wait for itself to create a slot.
    await server.sql('platform', 'create publication items for table item', "select pg_create_logical_replication_slot('copy', 'pgoutput')")
    const streams = major >= 16 ? ', streaming = parallel' : ''
    await server.sql(
      'users',
      `create subscription copy connection 'host=127.0.0.1 port=${server.port} user=postgres password=secret dbname=platform'
       publication items with (create_slot = false, slot_name = 'copy', copy_data = false${streams})`
    )
    const labels = { datname: 'users', subname: 'copy' }
    const up = 'pg_stat_subscription_apply_worker_up'
    await server.sql('platform', 'insert into item values (1000)')
    const working = await pollUntil(
      server,
      ({ value }) => value(up, labels) === 1 && value('pg_stat_subscription_received_bytes_total', labels) !== undefined
    )
    t.equal(working.value('pg_stat_subscription_enabled', labels), 1)
    t.equal(working.value(up, labels), 1)
    t.equal(working.value('pg_stat_subscription_sync_workers', labels), 0)
    t.ok((working.value('pg_stat_subscription_last_message_age_seconds', labels) ?? Infinity) < 30)
    const received = working.value('pg_stat_subscription_received_bytes_total', labels) ?? 0
    t.ok(received > 16 * 1024 * 1024 && received <= (working.value('pg_wal_position_written_bytes_total') ?? 0))
    t.equal(
      working.value('pg_stat_replication_connections', { kind: 'logical', state: 'streaming' }),
      1,
      'the publisher counts the connection'
    )
    t.equal(working.value('pg_stat_subscription_stats_apply_errors_total', labels), major >= 15 ? 0 : undefined)

    if (major === 18) {
      const writer = new pg.Client(server.url('platform'))
      await writer.connect()
      await writer.query('begin')
      await writer.query('insert into item select g from generate_series(10000, 20000) as g')
      const parallel = await pollUntil(server, ({ value }) => value('pg_stat_subscription_parallel_apply_workers', labels) === 1)
      t.equal(parallel.value('pg_stat_subscription_parallel_apply_workers', labels), 1, 'a large transaction is applied before its end')
      t.equal(parallel.value(up, labels), 1)
      await writer.query('rollback')
      await writer.end()
      const streamed = await pollUntil(server, ({ value }) => value('pg_stat_replication_slots_stream_txns_total') === 1)
      t.equal(streamed.value('pg_stat_replication_slots_stream_txns_total', { slot_name: 'copy' }), 1)
      t.ok((streamed.value('pg_stat_replication_slots_streams_total', { slot_name: 'copy' }) ?? 0) > 1, 'in several chunks')
      const bytes = streamed.value('pg_stat_replication_slots_stream_bytes_total', { slot_name: 'copy' }) ?? 0
      t.ok(bytes > 10_000 * 60, `${bytes} bytes of 10,001 rows`)
    }

    if (major >= 15) {
      await server.sql('users', 'insert into item values (2000)')
      await server.sql('platform', 'insert into item values (2000)')
      const failing = await pollUntil(server, ({ value }) => (value('pg_stat_subscription_stats_apply_errors_total', labels) ?? 0) > 0)
      t.ok((failing.value('pg_stat_subscription_stats_apply_errors_total', labels) ?? 0) > 0)
      t.equal((failing.value('pg_stat_subscription_stats_confl_insert_exists_total', labels) ?? 0) > 0, major === 18)
      t.equal(failing.value('pg_stat_subscription_stats_confl_update_missing_total', labels), major === 18 ? 0 : undefined)
    }
    t.equal(working.value('pg_stat_subscription_disable_on_error', labels), major >= 15 ? 0 : undefined)
    if (major >= 15) {
      // The condition of PostgresSubscriptionFailing, which must hold until the subscription is enabled.
      await server.sql('users', 'alter subscription copy set (disable_on_error = true)')
      const stopped = await pollUntil(server, ({ value }) => value('pg_stat_subscription_enabled', labels) === 0)
      const errors = stopped.value('pg_stat_subscription_stats_apply_errors_total', labels) ?? 0
      t.ok(errors > 0)
      for (const { value } of [await pollServer(server), await pollServer(server)]) {
        t.equal(value('pg_stat_subscription_enabled', labels), 0, 'the error disabled the subscription')
        t.equal(value('pg_stat_subscription_disable_on_error', labels), 1)
        t.equal(value(up, labels), 0)
        t.equal(value('pg_stat_subscription_stats_apply_errors_total', labels), errors, 'the errors are still counted')
        t.equal(value('pg_stat_subscription_stats_sync_errors_total', labels), 0)
        t.equal(value('pg_stat_subscription_received_bytes_total', labels), undefined)
      }
      await server.sql('users', 'delete from item where id = 2000', 'alter subscription copy enable')
      const repaired = await pollUntil(server, ({ value }) => value('pg_stat_subscription_received_bytes_total', labels) !== undefined)
      t.equal(repaired.value('pg_stat_subscription_enabled', labels), 1)
      t.ok(repaired.value('pg_stat_subscription_received_bytes_total', labels))
    }

    // A publisher that accepts the connection and does not respond.
    const sockets: Socket[] = []
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    await server.sql('users', `alter subscription copy connection 'host=127.0.0.1 port=${port} dbname=platform'`)
    const receivedBytes = 'pg_stat_subscription_received_bytes_total'
    const waiting = await pollUntil(server, ({ value }) => value(up, labels) === 1 && value(receivedBytes, labels) === undefined)
    t.equal(waiting.value(up, labels), 1, 'the worker runs')
    t.equal(waiting.value(receivedBytes, labels), undefined, 'but has received nothing')
    t.equal(waiting.value('pg_stat_subscription_last_message_age_seconds', labels), undefined)
    await server.sql('users', 'alter subscription copy disable')
    // A worker that is connecting does not react to the command.
    for (const socket of sockets) socket.destroy()
    silent.close()
    const disabled = await pollUntil(server, ({ value }) => value(up, labels) === 0)
    t.equal(disabled.value('pg_stat_subscription_enabled', labels), 0)
    t.equal(disabled.value(up, labels), 0)
    t.equal(disabled.value('pg_stat_subscription_last_message_age_seconds', labels), undefined)
  })
}

for (const major of [14, 17] as const) {
  test(`PostgreSQL ${major} exports the tables that a subscription copies, and the errors of the copy`, async (t) => {
    const server = await startServer({ major, flags: ['wal_level=logical', 'wal_retrieve_retry_interval=300ms'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    await server.sql('users', 'create publication items for table item', "select pg_create_logical_replication_slot('copy', 'pgoutput')")
    const locker = new pg.Client(server.url('platform'))
    await locker.connect()
    await locker.query('begin')
    await locker.query('lock table item in exclusive mode')
    await server.sql(
      'platform',
      `create subscription copy connection 'host=127.0.0.1 port=${server.port} user=postgres password=secret dbname=users'
       publication items with (create_slot = false, slot_name = 'copy')`
    )
    const labels = { datname: 'platform', subname: 'copy' }
    const workers = 'pg_stat_subscription_sync_workers'
    const copying = await pollUntil(
      server,
      ({ value }) => value(workers, labels) === 1 && value('pg_subscription_rel_tables', { ...labels, state: 'copying' }) === 1
    )
    t.equal(copying.value(workers, labels), 1, 'the copy waits for the lock')
    t.equal(copying.value('pg_subscription_rel_tables', { ...labels, state: 'copying' }), 1)
    t.equal(copying.value('pg_stat_subscription_apply_worker_up', labels), 1)
    await locker.query('rollback')
    await locker.end()
    if (major >= 15) {
      const failing = await pollUntil(server, ({ value }) => (value('pg_stat_subscription_stats_sync_errors_total', labels) ?? 0) > 0)
      t.ok((failing.value('pg_stat_subscription_stats_sync_errors_total', labels) ?? 0) > 0, 'the rows already exist')
    }
    // The conditions of PostgresSubscriptionFailing: the table is not ready, and most of the time no worker copies it.
    const polls: PollResult[] = []
    for (let poll = 0; poll < 6; poll++) polls.push(await pollServer(server))
    for (const { samples } of polls) {
      const unready = samples.filter(({ name, labels }) => name === 'pg_subscription_rel_tables' && labels.state !== 'ready')
      t.match(unready, [{ labels, value: 1 }], 'the table is never ready')
    }
    const running = polls.filter(({ value }) => value(workers, labels) === 1).length
    t.ok(running < polls.length, `a worker runs in ${running} of ${polls.length} polls`)
    await server.sql('platform', 'truncate item')
    const ready = await pollUntil(server, ({ value }) => value('pg_subscription_rel_tables', { ...labels, state: 'ready' }) === 1)
    t.equal(ready.value('pg_subscription_rel_tables', { ...labels, state: 'ready' }), 1)
    t.equal(ready.value('pg_subscription_rel_tables', { ...labels, state: 'copying' }), undefined)
  })
}

test('on PostgreSQL 13 the worker of a subscription name that two databases use is absent', async (t) => {
  const server = await startServer({ major: 13 })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const subscribe = "create subscription twice connection 'dbname=x' publication p with (connect = false, slot_name = none)"
  for (const name of ['users', 'labeler']) await server.sql(name, subscribe)
  const { value } = await pollServer(server)
  for (const datname of ['users', 'labeler']) {
    t.equal(value('pg_stat_subscription_enabled', { datname, subname: 'twice' }), 0)
    t.equal(value('pg_stat_subscription_apply_worker_up', { datname }), undefined)
  }
})
