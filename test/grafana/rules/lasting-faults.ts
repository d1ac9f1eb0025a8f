import type { Inputs } from './alert-case.ts'
import type { LastingFault } from './lasting-fault.ts'

const window15m = 15 + 5
const atOnce = 5
const day = 86400
const polls5m = 5

const ofSubscription = (metric: string) => `pg_stat_subscription_${metric}{datname="labeler", subname="sub"}`
const received = ofSubscription('received_bytes_total')
const errors = ofSubscription('stats_apply_errors_total')
const syncErrors = ofSubscription('stats_sync_errors_total')
const syncWorkers = ofSubscription('sync_workers')
const disabled: Inputs = {
  [ofSubscription('apply_worker_up')]: 0,
  [ofSubscription('enabled')]: 0,
  [ofSubscription('disable_on_error')]: 1,
  [received]: '_'
}
const free = 'pg_disk_free_bytes{source="configured"}'
const sequence = 'pg_sequence_used_ratio{datname="labeler", schemaname="public", sequencename="item_id_seq"}'
const refused = 'pgvitals_database_state{datname="labeler", reason="too_many_connections"}'
const active = 'pg_replication_slots_active{slot_name="s", slot_type="physical", database=""}'
const replayed = 'pg_wal_position_replayed_bytes_total'
const certificate = 'pgvitals_tls_certificate_expiry_timestamp_seconds{datname="labeler"}'
const dropped = 'pgvitals_samples_dropped_total{datname="labeler", query="locks", reason="duplicate"}'

/** Every alert under a fault of six hours. Each tier has exactly one entry. */
export const lastingFaults: readonly LastingFault[] = [
  // Availability
  { alert: 'PostgresDown', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresDatabaseUnreachable', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PostgresRestarted',
    firesWithin: 1,
    endsWithin: window15m,
    // A server that restarts repeatedly.
    fault: { pg_postmaster_start_time_seconds: '1000+10' },
    recovery: { pg_postmaster_start_time_seconds: '+0' }
  },
  {
    alert: 'PostgresRoleChanged',
    firesWithin: 1,
    endsWithin: window15m,
    // A value that changes at every poll.
    fault: { pg_replication_is_replica: '1+1' },
    recovery: { pg_replication_is_replica: '+0' }
  },
  { alert: 'PostgresAvailabilityBurn', severity: 'critical', firesWithin: 5, endsWithin: 5 + 5, fault: { pg_up: 0 } },
  { alert: 'PostgresAvailabilityBurn', severity: 'warning', firesWithin: 5, endsWithin: 30 + 5, fault: { pg_up: 0 } },
  { alert: 'PostgresUnexpectedReadOnly', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PgvitalsDown', firesWithin: 1, endsWithin: atOnce },

  // Connections
  {
    alert: 'PostgresConnectionsHigh',
    firesWithin: 1,
    endsWithin: atOnce,
    variants: { 'pgvitals is refused after an hour': { pg_connections_in_use: 'vanishes', [refused]: 1 } }
  },
  { alert: 'PostgresConnectionLimitNear', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PostgresRoleConnectionLimitNear',
    firesWithin: 1,
    endsWithin: atOnce,
    fault: { 'pg_stat_activity_connections{datname="labeler", usename="app", state="idle"}': 9 }
  },
  { alert: 'PostgresConnectionShareHigh', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresSessionsLost', firesWithin: 15, endsWithin: window15m },

  // Capacity
  {
    alert: 'PostgresDiskSpaceLow',
    firesWithin: 1,
    endsWithin: atOnce,
    variants: { 'the server stops after an hour': { [free]: 'vanishes', pg_up: 0 } }
  },
  {
    alert: 'PostgresDiskFillPredicted',
    severity: 'warning',
    firesWithin: 360,
    endsWithin: 360 + 5,
    limit: 'the disk is full; PostgresDiskSpaceLow continues'
  },
  {
    alert: 'PostgresDiskFillPredicted',
    severity: 'critical',
    firesWithin: 60,
    endsWithin: 60 + 5,
    limit: 'the disk is full; PostgresDiskSpaceLow continues'
  },
  { alert: 'PostgresTemporaryFilesLarge', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresWalDirectoryLarge', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresSequenceExhausted', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PostgresExhaustionNear',
    scope: 'database',
    firesWithin: 360,
    endsWithin: 360 + 5,
    // 0.1 per day.
    fault: { [sequence]: '0.905+0.00006944' },
    recovery: { [sequence]: '+0' },
    limit: 'the resource is exhausted; the alert of the resource continues'
  },
  {
    alert: 'PostgresExhaustionNear',
    scope: 'instance',
    firesWithin: 60,
    endsWithin: 60 + 5,
    healthy: { 'pg_replication_slots_safe_wal_size_bytes{slot_name="s", slot_type="physical", database=""}': 30e9 },
    limit: 'the slot is lost; PostgresSlotLost continues'
  },
  { alert: 'PostgresDatabaseOverQuota', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PostgresTempSpill',
    firesWithin: 60,
    endsWithin: 60 + 5,
    // A query writes temporary files for half an hour, and PostgreSQL counts them when it ends: 100 GB.
    variants: { 'a query that ends every half hour': { 'pg_stat_database_temp_bytes{datname="labeler"}': 'every 30m+100e9' } }
  },

  // Queries
  { alert: 'PostgresLongRunningQuery', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PostgresLatencyRegression',
    firesWithin: 15,
    endsWithin: window15m,
    healthyMinutes: 480,
    fault: calling({ calls: 75, seconds: 75 * 0.024 }),
    healthy: calling({ calls: 75, seconds: 75 * 0.01 }),
    limit: 'statements were slow for half of the last 7 days'
  },
  {
    alert: 'PostgresQueryRegression',
    firesWithin: 30,
    endsWithin: 30 + 5,
    healthyMinutes: 1470,
    fault: calling({ calls: 100, seconds: 6.3 }),
    healthy: calling({ calls: 100, seconds: 2 }),
    limit: 'the statement has been slow for a day'
  },
  { alert: 'PostgresRollbackRatioHigh', firesWithin: 5, endsWithin: 5 + 5 },
  {
    alert: 'PostgresTrafficDrop',
    firesWithin: 5,
    endsWithin: 5 + 5,
    healthyMinutes: 10_110,
    fault: { 'pg_stat_database_xact_commit{datname="labeler"}': '+60' },
    healthy: { 'pg_stat_database_xact_commit{datname="labeler"}': '+315' },
    limit: 'the traffic has been low for a week'
  },

  // Cache
  { alert: 'PostgresCacheHitLow', firesWithin: 15, endsWithin: window15m },
  { alert: 'PostgresReadLatencyHigh', firesWithin: 15, endsWithin: window15m },

  // Locks
  { alert: 'PostgresIdleInTransaction', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresLongTransaction', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresBlockedSessions', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresDdlQueue', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresDeadlocks', firesWithin: 15, endsWithin: window15m },
  { alert: 'PostgresPreparedTransactionOld', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresRecoveryConflicts', firesWithin: 15, endsWithin: window15m },

  // Replication
  { alert: 'PostgresReplicaLag', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresReplicaLagBytes', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresReplicaDisconnected', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PostgresRestoreStalled',
    severity: 'critical',
    firesWithin: 15,
    endsWithin: atOnce,
    healthy: { [replayed]: '+1e6' },
    recovery: { [replayed]: '+1e6' }
  },
  {
    alert: 'PostgresRestoreStalled',
    severity: 'warning',
    firesWithin: day / 60,
    endsWithin: atOnce,
    healthy: { [replayed]: '+1e6' },
    recovery: { [replayed]: '+1e6' },
    healthyMinutes: 120
  },
  {
    alert: 'PostgresStandbyMissing',
    firesWithin: 1,
    endsWithin: atOnce,
    fault: { 'pg_stat_replication_connections{kind="physical", state="streaming"}': 1 },
    limit: 'the standby has been missing for a day'
  },
  { alert: 'PostgresSyncCommitHangs', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PostgresSubscriptionFailing',
    severity: 'critical',
    firesWithin: 25,
    endsWithin: 60 + 5,
    fault: { [received]: '_' },
    variants: {
      'disabled by a single error': { ...disabled, [errors]: 'once 1' },
      'disabled by a single error of the copy': { ...disabled, [syncErrors]: 'once 1' },
      'a repeated error': { [received]: '+1e6', [errors]: '+2' },
      'an error every 20 minutes': { [received]: '+1e6', [errors]: 'every 20m+1' }
    }
  },
  {
    alert: 'PostgresSubscriptionFailing',
    severity: 'warning',
    firesWithin: 15,
    endsWithin: polls5m + 5,
    variants: { 'a copy that fails every two hours': { [syncWorkers]: 1, [syncErrors]: 'every 120m+1' } }
  },

  // Slots
  {
    alert: 'PostgresSlotInactive',
    firesWithin: 15,
    endsWithin: window15m,
    variants: { 'a consumer that connects in every third poll': { [active]: 'flaps 1 0 0' } }
  },
  { alert: 'PostgresSlotAtRisk', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresSlotLost', firesWithin: 1, endsWithin: atOnce },

  // Vacuum
  { alert: 'PostgresXidAgeHigh', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresMultixactAgeHigh', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresXminHorizonHeld', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresVacuumOverdue', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresAutovacuumOff', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PostgresAutovacuumSaturated',
    firesWithin: 60,
    endsWithin: 60 + 5,
    variants: { 'a worker changes its table': { 'pg_stat_activity_backends{backend_type="autovacuum worker"}': 'flaps 3 3 3 2 3 3 3 3' } }
  },
  { alert: 'PostgresAutovacuumBlocked', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresInvalidIndex', firesWithin: 1, endsWithin: atOnce },

  // WAL
  { alert: 'PostgresArchiverFailing', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresArchiverStalled', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresCheckpointsForced', firesWithin: 60, endsWithin: 60 + 5 },

  // Safety
  {
    alert: 'PostgresChecksumFailure',
    firesWithin: 1,
    endsWithin: 1440 + 5,
    // Each failure has a later timestamp.
    fault: { [checksum('', '{datname="labeler"}')]: '0+60', [checksum('shared_', '')]: '0+60' },
    recovery: { [checksum('', '{datname="labeler"}')]: '+0', [checksum('shared_', '')]: '+0' },
    variants: {
      'a single failure, and statistics that are lost in a crash': {
        [checksum('', '{datname="labeler"}')]: 'vanishes',
        [checksum('shared_', '')]: 'vanishes'
      }
    },
    limit: 'no failure was detected for a day'
  },
  { alert: 'PostgresDangerousSetting', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresSettingsPendingRestart', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PostgresRoleExpiring',
    firesWithin: 1,
    endsWithin: atOnce,
    // It expires during the fault.
    variants: { 'expires after three hours': { 'pg_role_valid_until_timestamp_seconds{rolname="app"}': 3 * 3600 } },
    limit: 'the role expired a week ago'
  },
  {
    alert: 'PostgresCertificateExpiring',
    firesWithin: 1,
    endsWithin: atOnce,
    variants: { 'expires after three hours': { [certificate]: 3 * 3600 }, 'expired long ago': { [certificate]: -30 * day } }
  },
  { alert: 'PostgresAccessExcess', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PostgresAccessMissing', firesWithin: 1, endsWithin: atOnce },

  // Exporter
  { alert: 'PgvitalsQueryFailing', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PgvitalsNotPolling', firesWithin: 6, endsWithin: 5 + 5 },
  { alert: 'PgvitalsPollIntervalLong', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PgvitalsPollOverdue',
    firesWithin: 1,
    endsWithin: atOnce,
    // The timestamps begin again with each period, so that the age grows during the test.
    recovery: { 'pgvitals_database_poll_interval_seconds{datname="labeler"}': day }
  },
  { alert: 'PgvitalsBlindSpot', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PgvitalsScrapeSlow', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PgvitalsSeriesBudget',
    firesWithin: 1,
    endsWithin: atOnce,
    healthyMinutes: 1470,
    fault: { scrape_samples_post_metric_relabeling: 23e3 },
    limit: 'the page has been as large for a day, unless it exceeds 100,000 samples'
  },
  {
    alert: 'PgvitalsSamplesDropped',
    firesWithin: 15,
    endsWithin: 120 + 5,
    variants: { 'a query that is polled once an hour': { [dropped]: 'every 60m+3' } }
  },
  { alert: 'PgvitalsTextCut', firesWithin: 15, endsWithin: 120 + 5 },
  {
    alert: 'PgvitalsCrashLoop',
    firesWithin: 20,
    endsWithin: 60 + 5,
    fault: { process_start_time_seconds: '1+10' },
    recovery: { process_start_time_seconds: '+0' }
  },
  { alert: 'PgvitalsEventLoopLag', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PgvitalsLoginsFailing', firesWithin: 5, endsWithin: 5 + 5 },
  { alert: 'PgvitalsRequestsRejected', firesWithin: 5, endsWithin: 5 + 5 },
  { alert: 'PgvitalsReloadFailed', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PgvitalsDiscoveryFailing', firesWithin: 1, endsWithin: atOnce },
  { alert: 'PgvitalsServerAmbiguous', firesWithin: 1, endsWithin: atOnce },
  {
    alert: 'PostgresStatementsEvicted',
    firesWithin: 15,
    endsWithin: 360 + 5,
    variants: { 'an eviction every two hours': { pg_stat_statements_dealloc_total: 'every 120m+1' } }
  }
]

function checksum(prefix: string, labels: string): string {
  return `pg_stat_database_${prefix}checksum_last_failure_timestamp_seconds${labels}`
}

/** Calls of a statement and their execution time, per minute. */
function calling({ calls, seconds }: { readonly calls: number; readonly seconds: number }): Inputs {
  const labels = '{datname="labeler", user="app", queryid="42"}'
  return { [`pg_stat_statements_calls_total${labels}`]: `+${calls}`, [`pg_stat_statements_seconds_total${labels}`]: `+${seconds}` }
}
