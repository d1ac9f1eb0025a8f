import { setTimeout as after } from 'node:timers/promises'
import { type Test, test } from 'tap'
import type { TestServer } from '../servers/start-server.ts'
import { createPoller, type PollResult } from './create-poller.ts'
import { holdSession } from './held-session.ts'
import { standbyLabels, startPair } from './start-pair.ts'

const { agreeWithServer, pollUntil } = createPoller(
  'replication_slots',
  'stat_bgwriter',
  'stat_checkpointer',
  'stat_recovery_prefetch',
  'stat_replication',
  'stat_wal_receiver'
)

const streaming = { ...standbyLabels, state: 'streaming' }
const load = (name: string) => `create table ${name} as select g as id, repeat(md5(g::text), 10) as note from generate_series(1, 5000) as g`

/** Stops the server process of this type during the callback. */
async function halt(server: TestServer, kind: string, during: () => Promise<void>): Promise<void> {
  const [process_] = await server.sql('postgres', `select pid from pg_stat_activity where backend_type = '${kind}'`)
  process.kill(Number(process_?.pid), 'SIGSTOP')
  try {
    await during()
  } finally {
    process.kill(Number(process_?.pid), 'SIGCONT')
  }
}

/** With few buffers almost every block is prefetched. Timed checkpoints happen during the other tests. */
const soon = ['shared_buffers=1MB', 'checkpoint_timeout=30s', 'max_standby_streaming_delay=-1']

const isCaughtUp = ({ value }: PollResult) => value('pg_stat_replication_replay_lag_bytes', streaming) === 0

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: the lag of a standby appears at the stage that is stopped`, async (t) => {
    const { primary, standby } = await startPair(t, major, ...(major === 18 ? soon : []))
    await pollUntil(primary, isCaughtUp)
    await agreeWithServer(t, primary, {
      from: "pg_replication_slots where slot_name = 'repmgr_slot_7'",
      labels: { slot_name: 'repmgr_slot_7', slot_type: 'physical' },
      metrics: {
        pg_replication_slots_active: 'active::int',
        pg_replication_slots_slot_is_active: 'active::int',
        pg_replication_slots_slot_current_wal_lsn: "pg_current_wal_lsn() - '0/0'"
      }
    })
    await agreeWithServer(t, primary, {
      from: 'pg_stat_replication',
      labels: streaming,
      metrics: { pg_stat_replication_pg_current_wal_lsn_bytes: "pg_current_wal_lsn() - '0/0'" }
    })

    await halt(primary, 'walsender', async () => {
      await primary.sql('platform', load('unsent'))
      const { value } = await pollUntil(primary, ({ value }) => (value('pg_stat_replication_sent_lag_bytes', streaming) ?? 0) > 1_500_000)
      t.ok((value('pg_stat_replication_sent_lag_bytes', streaming) ?? 0) > 1_500_000, 'nothing is sent')
    })
    await pollUntil(primary, isCaughtUp)
    await halt(standby, 'walreceiver', async () => {
      await primary.sql('platform', load('unwritten'))
      const { value } = await pollUntil(primary, ({ value }) => value('pg_stat_replication_sent_lag_bytes', streaming) === 0)
      t.equal(value('pg_stat_replication_sent_lag_bytes', streaming), 0, 'everything is sent')
      t.ok((value('pg_stat_replication_write_lag_bytes', streaming) ?? 0) > 1_500_000, 'but not written')
      t.ok((value('pg_stat_replication_flush_lag_bytes', streaming) ?? 0) > 1_500_000)
      await after(700)
    })
    const lags = [
      'pg_stat_replication_write_lag_seconds',
      'pg_stat_replication_flush_lag_seconds',
      'pg_stat_replication_replay_lag_seconds'
    ]
    const late = await pollUntil(primary, ({ value }) => lags.every((name) => (value(name, streaming) ?? 0) >= 0.4))
    for (const name of lags) {
      const seconds = late.value(name, streaming) ?? -1
      t.ok(seconds >= 0.4 && seconds < 20, `${name}: ${seconds} s`)
    }

    await agreeWithServer(t, standby, {
      from: 'pg_stat_wal_receiver',
      labels: { upstream_host: '127.0.0.1', slot_name: 'repmgr_slot_7', status: 'streaming' },
      metrics: {
        pg_stat_wal_receiver_receive_start_lsn: "receive_start_lsn - '0/0'",
        pg_stat_wal_receiver_receive_start_tli: 'receive_start_tli',
        pg_stat_wal_receiver_received_tli: 'received_tli',
        pg_stat_wal_receiver_last_msg_send_time: 'extract(epoch from last_msg_send_time)',
        pg_stat_wal_receiver_last_msg_send_timestamp_seconds: 'extract(epoch from last_msg_send_time)',
        pg_stat_wal_receiver_last_msg_receipt_time: 'extract(epoch from last_msg_receipt_time)',
        pg_stat_wal_receiver_last_msg_receipt_timestamp_seconds: 'extract(epoch from last_msg_receipt_time)',
        pg_stat_wal_receiver_latest_end_lsn: "latest_end_lsn - '0/0'",
        pg_stat_wal_receiver_latest_end_time: 'extract(epoch from latest_end_time)',
        pg_stat_wal_receiver_latest_end_timestamp_seconds: 'extract(epoch from latest_end_time)'
      }
    })
    if (major === 18) await looksAhead(t, primary, standby)
  })
}

/** Prefetched blocks are counted by result, restartpoints by cause. */
async function looksAhead(t: Test, primary: TestServer, standby: TestServer): Promise<void> {
  const images = (value: string) =>
    primary.sql('postgres', `alter system set full_page_writes = ${value}`, 'select pg_reload_conf()', 'select pg_sleep(0.1)', 'checkpoint')
  const change = 'update load set note = upper(note) where id % 3 = 0'
  await images('off')
  await primary.sql('platform', load('load'), 'checkpoint', change)
  await images('on')
  await primary.sql('platform', change)
  await pollUntil(primary, isCaughtUp)
  await agreeWithServer(t, standby, {
    from: 'pg_stat_recovery_prefetch',
    metrics: {
      pg_stat_recovery_prefetch_prefetch_total: 'prefetch',
      pg_stat_recovery_prefetch_hit_total: 'hit',
      pg_stat_recovery_prefetch_skip_init_total: 'skip_init',
      pg_stat_recovery_prefetch_skip_new_total: 'skip_new',
      pg_stat_recovery_prefetch_skip_fpw_total: 'skip_fpw',
      pg_stat_recovery_prefetch_skip_rep_total: 'skip_rep'
    }
  })
  await standby.sql('postgres', 'checkpoint')
  await agreeWithServer(t, standby, {
    from: 'pg_stat_checkpointer',
    metrics: {
      pg_stat_checkpointer_restartpoints_req_total: 'restartpoints_req',
      pg_stat_checkpointer_restartpoints_done_total: 'restartpoints_done'
    }
  })

  // Replay waits for the reader's lock after it has looked ahead at the following changes.
  await images('off')
  const reader = await holdSession(standby, 'platform')
  await reader.run('begin', 'select count(*) from item')
  await standby.sql('postgres', 'select pg_wal_replay_pause()')
  await primary.sql('platform', `${change} and id < 2000`, 'truncate item', change)
  await pollUntil(primary, ({ value }) => value('pg_stat_replication_flush_lag_bytes', streaming) === 0)
  await standby.sql('postgres', 'select pg_wal_replay_resume()')
  await agreeWithServer(t, standby, {
    from: 'pg_stat_recovery_prefetch',
    metrics: {
      pg_stat_recovery_prefetch_wal_distance_bytes: 'wal_distance',
      pg_stat_recovery_prefetch_block_distance: 'block_distance',
      pg_stat_recovery_prefetch_io_depth: 'io_depth'
    }
  })
  await reader.end()

  const byTime = (name: string) => (result: PollResult) => (result.value(name) ?? 0) >= 1
  await pollUntil(primary, byTime('pg_stat_checkpointer_num_timed_total'), 45)
  await pollUntil(standby, byTime('pg_stat_checkpointer_restartpoints_timed_total'), 45)
  await agreeWithServer(t, primary, {
    from: 'pg_stat_checkpointer',
    metrics: { pg_stat_checkpointer_num_timed_total: 'num_timed', pg_stat_bgwriter_checkpoints_timed_total: 'num_timed' }
  })
  await agreeWithServer(t, standby, {
    from: 'pg_stat_checkpointer',
    metrics: { pg_stat_checkpointer_restartpoints_timed_total: 'restartpoints_timed' }
  })
}
