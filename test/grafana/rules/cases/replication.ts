import type { AlertCase } from '../alert-case.ts'

const replayLag = 'pg_stat_replication_replay_lag_bytes{application_name="b", client_addr="10.0.0.2", state="streaming", slot_name=""}'
const streaming = 'pg_stat_replication_connections{kind="physical", state="streaming"}'
const replayed = 'pg_wal_position_replayed_bytes_total'
const restoreLag = 'server:pg_restore_lag:bytes'
const segmentSize = 'pg_settings_wal_segment_size_bytes'
const applyDelay = 'pg_settings_recovery_min_apply_delay_seconds'
const segment = 2 ** 24
const syncWait =
  'pg_stat_activity_wait_events{datname="labeler", backend_type="client backend", wait_event_type="IPC", wait_event="SyncRep"}'
const syncState = 'pg_stat_replication_sync_state{application_name="b", client_addr="10.0.0.2", slot_name="", sync_state="sync"}'
const subscription = 'datname="labeler", subname="sub"'
const worker = `pg_stat_subscription_apply_worker_up{${subscription}}`
const enabled = `pg_stat_subscription_enabled{${subscription}}`
const disables = `pg_stat_subscription_disable_on_error{${subscription}}`
const received = `pg_stat_subscription_received_bytes_total{${subscription}}`
const syncWorkers = `pg_stat_subscription_sync_workers{${subscription}}`
const syncErrors = `pg_stat_subscription_stats_sync_errors_total{${subscription}}`
const tables = (state: string) => `pg_subscription_rel_tables{${subscription}, state="${state}"}`
const errors = `pg_stat_subscription_stats_apply_errors_total{${subscription}}`

const repeated = (values: string, times: number) => `${Array(times).fill(values).join(' ')} _x9`

export const replication: readonly AlertCase[] = [
  {
    alert: 'PostgresReplicaLag',
    severity: 'warning',
    bad: { pg_replication_last_replay_seconds: 65, pg_replication_unreplayed_bytes: 5 },
    good: { pg_replication_last_replay_seconds: 1 },
    silent: { 'just below': { pg_replication_last_replay_seconds: 55 }, 'idle primary': { pg_replication_unreplayed_bytes: 0 } },
    summary: 'Standby SERVER is 1m 5s behind its primary'
  },
  {
    alert: 'PostgresReplicaLag',
    severity: 'critical',
    bad: { pg_replication_last_replay_seconds: 620, pg_replication_unreplayed_bytes: 5 },
    good: { pg_replication_last_replay_seconds: 1 },
    silent: { 'just below': { pg_replication_last_replay_seconds: 580 }, 'idle primary': { pg_replication_unreplayed_bytes: 0 } },
    summary: 'Standby SERVER is 10m 20s behind its primary'
  },
  {
    alert: 'PostgresReplicaLagBytes',
    severity: 'warning',
    bad: { [replayLag]: 2 ** 30 },
    good: { [replayLag]: 1000 },
    silent: {
      'just below': { [replayLag]: 0.95e9 },
      'an initial copy': { [replayLag]: 0, [replayLag.replace('"b"', '"pg_*_sync_*"')]: 2e9 }
    },
    labels: { application_name: 'b' },
    summary: 'Standby b of SERVER is 1GiB of WAL behind'
  },
  {
    alert: 'PostgresReplicaDisconnected',
    severity: 'critical',
    bad: { pg_replication_receiver_connected: 0 },
    good: { pg_replication_receiver_connected: 1 },
    silent: {},
    summary: 'Standby SERVER receives no WAL'
  },
  {
    alert: 'PostgresRestoreStalled',
    severity: 'critical',
    bad: { [replayed]: 5e9, [restoreLag]: 2.1 * segment, [segmentSize]: segment, [applyDelay]: 0 },
    good: { [restoreLag]: 1.9 * segment },
    silent: {
      'it moves': { [replayed]: '5+0.1' },
      'idle primary': { [restoreLag]: 0 },
      'just below': { [restoreLag]: 1.9 * segment },
      'larger segments': { [segmentSize]: 2 * segment },
      'delayed standby': { [applyDelay]: 0.5 }
    },
    optional: [applyDelay],
    holdsAtOnce: true,
    summary: 'Standby SERVER has stopped restoring WAL from the archive'
  },
  {
    // One sample every 4 minutes.
    alert: 'PostgresRestoreStalled',
    severity: 'warning',
    bad: { [replayed]: 5e9, [restoreLag]: 2.1 * segment, [segmentSize]: segment },
    good: { [replayed]: '+1e6' },
    silent: {
      'it moved within a day': { [replayed]: '4e9+0x80 5e9+0x400' },
      'monitored for less than a day': { [replayed]: '_x40 5e9+0x400' },
      'idle primary': { [restoreLag]: 1.9 * segment },
      streaming: { pg_replication_receiver_connected: 1 },
      disconnected: { pg_replication_receiver_connected: 0 }
    },
    optional: [restoreLag, segmentSize],
    warmMinutes: 1380,
    waitsMinutes: 1388,
    stepMinutes: 4,
    neverResolves: true,
    summary: 'Standby SERVER has stopped restoring WAL from the archive'
  },
  {
    alert: 'PostgresStandbyMissing',
    severity: 'warning',
    bad: { [streaming]: '2|1', pg_replication_is_replica: 0 },
    good: { [streaming]: 2 },
    silent: { 'one more': { [streaming]: '1|2' }, demoted: { pg_replication_is_replica: '0|1' } },
    fires: { 'of a cascading standby': { pg_replication_is_replica: 1 }, promoted: { pg_replication_is_replica: '1|0' } },
    optional: ['pg_replication_is_replica'],
    warmMinutes: 6,
    neverResolves: true,
    summary: 'PostgreSQL server SERVER has 1 streaming standbys, fewer than at any time within the last day'
  },
  {
    alert: 'PostgresSyncCommitHangs',
    severity: 'critical',
    bad: { [syncWait]: 3, [syncState]: 0 },
    good: { [syncWait]: 0 },
    silent: { 'a standby is connected': { [syncState]: 1 } },
    optional: [syncState],
    summary: '3 sessions on SERVER wait for a synchronous standby, but none is connected'
  },
  {
    alert: 'PostgresSubscriptionFailing',
    severity: 'critical',
    // The worker has received messages in 4 of 11 polls.
    bad: {
      [worker]: 1,
      [enabled]: 1,
      [enabled.replace('labeler', 'users')]: 0,
      [disables]: 0,
      [received]: repeated('1 1 _ _ _ _ 1 1 _ _ _', 5),
      [errors]: '+0',
      [syncErrors]: '+0'
    },
    good: { [received]: '+1e6' },
    silent: {
      'received in most polls': {
        [received]: repeated('1 1 1 _ _ _ 1 1 1 _ _', 5)
      },
      disabled: { [worker]: 0, [received]: '_x90', [enabled]: 0 },
      'disabled with old errors': { [worker]: 0, [received]: '_x90', [enabled]: 0, [errors]: 5 },
      'disabled without errors': { [worker]: 0, [received]: '_x90', [enabled]: 0, [disables]: 1 },
      'enabled again': { [received]: '+1e6', [disables]: 1, [errors]: 5, [syncErrors]: 5 },
      'a single error': { [received]: '+1e6', [errors]: '0+0x3 1+0x90' },
      'two names on PostgreSQL 13': { [worker]: '_x90', [received]: '_x90' }
    },
    fires: {
      'no worker': { [worker]: 0, [received]: '_x90' },
      'a worker that cannot connect': { [worker]: 1, [received]: '_x90' },
      'repeated errors': { [received]: '+1e6', [errors]: '0+0x2 1+0x2 2+0x90' },
      'disabled by an error': { [worker]: 0, [received]: '_x90', [enabled]: 0, [disables]: 1, [errors]: '0+0x3 1+0x90' },
      'disabled by an error of the copy': { [worker]: 0, [received]: '_x90', [enabled]: 0, [disables]: 1, [syncErrors]: '0+0x3 1+0x90' },
      'disabled before a crash': {
        [worker]: 0,
        [received]: '_x90',
        [enabled]: 0,
        [disables]: 1,
        [errors]: '0+0x3 1+0x3 0+0x90'
      }
    },
    optional: [errors, syncErrors, disables, received, enabled.replace('labeler', 'users')],
    labels: { subname: 'sub' },
    warmMinutes: 10,
    waitsMinutes: 4,
    neverResolves: true,
    summary: 'Subscription sub of labeler on SERVER does not apply changes or fails to copy a table'
  },
  {
    alert: 'PostgresSubscriptionFailing',
    severity: 'warning',
    bad: { [tables('ready')]: 5, [tables('copying')]: 1, [enabled]: 1, [syncWorkers]: 0, [syncErrors]: '+0' },
    good: { [tables('copying')]: 0 },
    silent: {
      'copying without errors': { [syncWorkers]: 1 },
      'copying most of the time': { [syncWorkers]: '0+0x6 1+0x90' },
      disabled: { [enabled]: 0 },
      'errors before the end of the copy': { [tables('copying')]: 0, [syncErrors]: '+1' }
    },
    fires: {
      'repeated errors': { [syncWorkers]: 1, [syncErrors]: '+0.1' },
      'a worker in two of five polls': { [syncWorkers]: repeated('0 0 1 0 1', 9) },
      'a worker that fails at once': { [syncWorkers]: '0 0 1 0 0 1 0 0 1 0 0 1 0 0 1 0 0 1 0 0 1 0 0 1 0 0 1 0 0 1 0 0 1 0+0x60' }
    },
    optional: [syncErrors, tables('ready')],
    labels: { subname: 'sub' },
    warmMinutes: 2,
    holdsAtOnce: true,
    summary: 'Subscription sub of labeler on SERVER does not apply changes or fails to copy a table'
  }
]
