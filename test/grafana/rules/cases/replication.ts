import type { AlertCase } from '../alert-case.ts'

const replayLag = 'pg_stat_replication_replay_lag_bytes{application_name="b", client_addr="10.0.0.2", state="streaming", slot_name=""}'
const streaming = 'pg_stat_replication_connections{kind="physical", state="streaming"}'
const syncWait =
  'pg_stat_activity_wait_events{datname="labeler", backend_type="client backend", wait_event_type="IPC", wait_event="SyncRep"}'
const syncState = 'pg_stat_replication_sync_state{application_name="b", client_addr="10.0.0.2", slot_name="", sync_state="sync"}'
const subscription = 'datname="labeler", subname="sub"'
const worker = `pg_stat_subscription_apply_worker_up{${subscription}}`
const enabled = `pg_stat_subscription_enabled{${subscription}}`
const errors = `pg_stat_subscription_stats_apply_errors_total{${subscription}}`

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
    silent: { 'just below': { [replayLag]: 0.95e9 } },
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
    alert: 'PostgresStandbyMissing',
    severity: 'warning',
    bad: { [streaming]: '2|1' },
    good: { [streaming]: 2 },
    silent: { 'one more': { [streaming]: '1|2' } },
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
    bad: { [worker]: 0, [enabled]: 1, [errors]: '+0' },
    good: { [worker]: 1 },
    silent: { disabled: { [enabled]: 0 } },
    fires: { 'repeated errors': { [worker]: 1, [errors]: '+0.5' } },
    optional: [errors],
    holdsAtOnce: true,
    labels: { subname: 'sub' },
    summary: 'Subscription sub of labeler on SERVER does not apply changes'
  }
]
