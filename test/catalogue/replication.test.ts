import { test } from 'tap'
import { allOf } from '../page/parse-page.ts'
import { createPoller } from './create-poller.ts'
import { standbyLabels, startPair } from './start-pair.ts'

const { pollServer, pollUntil } = createPoller(
  'replication',
  'replication_slots',
  'stat_checkpointer',
  'stat_recovery_prefetch',
  'stat_replication',
  'stat_replication_connections',
  'stat_replication_sync_state',
  'stat_wal_receiver',
  'wal_position',
  'wal_replay_pause_state'
)

const load = (name: string) => `create table ${name} as select g as id, repeat(md5(g::text), 10) as note from generate_series(1, 5000) as g`
const streaming = { ...standbyLabels, state: 'streaming' }
const stages = [
  'pg_stat_replication_sent_lag_bytes',
  'pg_stat_replication_write_lag_bytes',
  'pg_stat_replication_flush_lag_bytes',
  'pg_stat_replication_replay_lag_bytes'
]
const connections = 'pg_stat_replication_connections'

for (const major of [13, 18] as const) {
  test(`a standby of PostgreSQL ${major} streams, is paused and becomes synchronous, and both servers export their part`, async (t) => {
    const { primary, standby } = await startPair(t, major)
    await primary.sql('platform', load('first'))
    const isCaughtUp = (isSo: boolean) =>
      pollUntil(
        primary,
        ({ value }) =>
          (value('pg_stat_replication_replay_lag_bytes', streaming) === 0) === isSo &&
          value('pg_stat_replication_flush_lag_bytes', streaming) === 0
      )
    const onPrimary = await isCaughtUp(true)
    for (const name of stages) t.equal(onPrimary.value(name, streaming), 0, name)
    const seconds = onPrimary.value('pg_stat_replication_replay_lag_seconds', streaming)
    t.ok(seconds === undefined || (seconds > 0 && seconds < 10))
    t.equal(onPrimary.value(connections, { kind: 'physical', state: 'streaming' }), 1)
    t.equal(onPrimary.value(connections, { kind: 'logical', state: 'streaming' }), 0)
    t.equal(onPrimary.value('pg_stat_replication_sync_state', { ...standbyLabels, sync_state: 'async' }), 1)
    t.equal(onPrimary.value('pg_replication_receiver_connected'), undefined, 'absent on a primary')
    t.same(allOf(onPrimary.samples, 'pg_wal_replay_pause_state'), [])

    const receiver = { upstream_host: '127.0.0.1', slot_name: 'repmgr_slot_7', status: 'streaming' }
    // Queries run at different times, and the primary may write in between.
    const onStandby = await pollUntil(
      standby,
      ({ value }) =>
        value('pg_replication_unreplayed_bytes') === 0 &&
        value('pg_stat_wal_receiver_flushed_lsn', receiver) === value('pg_wal_position_replayed_bytes_total')
    )
    t.equal(onStandby.value('pg_replication_receiver_connected'), 1)
    t.equal(onStandby.value('pg_replication_unreplayed_bytes'), 0)
    t.ok((onStandby.value('pg_replication_receiver_last_message_age_seconds') ?? Infinity) < 30)
    t.equal(onStandby.value('pg_wal_replay_pause_state', { state: 'not paused' }), 1)
    const received = onStandby.value('pg_wal_position_received_bytes_total') ?? Number.NaN
    t.ok(received > 16 * 1024 * 1024 && onStandby.value('pg_wal_position_replayed_bytes_total') === received)
    t.equal(onStandby.value('pg_stat_wal_receiver_flushed_lsn', receiver), received)
    t.equal(onStandby.value('pg_stat_wal_receiver_upstream_node', receiver), 7)
    t.ok(Math.abs(Date.now() / 1000 - (onStandby.value('pg_stat_wal_receiver_last_msg_receipt_timestamp_seconds', receiver) ?? 0)) < 30)
    t.equal(onStandby.value('pg_wal_position_written_bytes_total'), undefined)
    t.equal(onStandby.value('pg_stat_checkpointer_num_timed_total') === undefined, major === 13, 'absent where a standby mixes both kinds')
    t.ok(
      allOf((await createPoller().pollServer(standby)).samples, 'pgvitals_query_success').every(({ value }) => value === 1),
      'no query fails on a standby'
    )

    await standby.sql('postgres', 'select pg_wal_replay_pause()')
    await primary.sql('platform', load('second'))
    const paused = await isCaughtUp(false)
    t.ok((paused.value('pg_stat_replication_replay_lag_bytes', streaming) ?? 0) > 1_500_000)
    t.equal(paused.value('pg_stat_replication_flush_lag_bytes', streaming), 0, 'everything has arrived')
    const unreplayed = await pollUntil(standby, ({ value }) => value('pg_wal_replay_pause_state', { state: 'paused' }) === 1)
    t.equal(unreplayed.value('pg_wal_replay_pause_state', { state: 'paused' }), 1)
    t.equal(unreplayed.value('pg_wal_replay_pause_state', { state: 'not paused' }), 0)
    t.ok((unreplayed.value('pg_replication_unreplayed_bytes') ?? 0) > 1_500_000)
    t.ok((unreplayed.value('pg_replication_lag_seconds') ?? 0) > 0, 'the lag is not 0')
    await standby.sql('postgres', 'select pg_wal_replay_resume()')

    await primary.sql('postgres', "alter system set synchronous_standby_names = 'standby'", 'select pg_reload_conf()')
    const confirmed = await pollUntil(primary, ({ value }) => value('pg_stat_replication_sync_state', { sync_state: 'sync' }) === 1)
    t.equal(confirmed.value('pg_stat_replication_sync_state', { ...standbyLabels, sync_state: 'sync' }), 1)
    t.equal(confirmed.value('pg_stat_replication_sync_priority', streaming), 1)
    t.equal(confirmed.value('pg_stat_recovery_prefetch_hit_total'), undefined, 'absent on a primary')
  })
}

test('a lost standby is visible on the primary, and a lost primary on the standby', async (t) => {
  const { primary, standby } = await startPair(t, 17)
  await pollUntil(primary, ({ value }) => value(connections, { kind: 'physical', state: 'streaming' }) === 1)
  await standby.stop()
  await primary.sql('platform', load('missed'))
  const alone = await pollUntil(primary, ({ value }) => value('pg_replication_slots_active') === 0)
  t.equal(alone.value(connections, { kind: 'physical', state: 'streaming' }), 0, '0 without a standby, not absent')
  t.same(allOf(alone.samples, 'pg_stat_replication_replay_lag_bytes'), [])
  t.ok((alone.value('pg_replication_slots_pg_wal_lsn_diff', { slot_name: 'repmgr_slot_7' }) ?? 0) > 1_500_000)
  t.ok((alone.value('pg_replication_slots_inactive_seconds', { slot_name: 'repmgr_slot_7' }) ?? -1) > 0)

  await standby.start()
  const back = await pollUntil(primary, ({ value }) => value('pg_stat_replication_replay_lag_bytes') === 0)
  t.equal(back.value('pg_replication_slots_inactive_seconds', { slot_name: 'repmgr_slot_7' }), undefined, 'in use is absent')
  await primary.stop()
  const cutOff = await pollUntil(standby, ({ value }) => value('pg_replication_receiver_connected') === 0)
  t.equal(cutOff.value('pg_replication_receiver_connected'), 0)
  t.equal(cutOff.value('pg_replication_receiver_last_message_age_seconds'), undefined)
  t.equal(cutOff.value('pg_replication_unreplayed_bytes'), 0, 'all received is replayed, and yet')
  t.ok((cutOff.value('pg_replication_lag_seconds') ?? 0) > 0, 'the lag is not 0')
  const replayed = cutOff.value('pg_replication_last_replay_seconds') ?? -1
  t.ok(replayed > 0 && replayed < 60, `the last transaction was replayed ${replayed} s ago`)
  t.same(allOf(cutOff.samples, 'pg_stat_wal_receiver_flushed_lsn'), [])
})

test('the replay age of a standby without replayed transactions is absent, not 0', async (t) => {
  const { primary, standby } = await startPair(t, 16)
  await standby.stop()
  await primary.stop()
  await standby.start()
  const { value } = await pollServer(standby)
  t.equal(value('pg_replication_is_replica'), 1)
  t.equal(value('pg_replication_last_replay_seconds'), undefined)
  t.equal(value('pg_replication_lag_seconds'), undefined)
})
