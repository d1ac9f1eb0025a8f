import { perDatabase, perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import { type Alert, bytes, critical, database, duration, label, server, warning } from './alert.ts'

const { replicaLagSeconds, subscription } = thresholds
const perSubscription = `${perDatabase}, subname`

/**
 * Received messages prove that the apply worker runs and is connected. A worker that fails to connect runs for a moment every
 * few seconds, or for minutes until its connection attempt times out.
 */
const receivesNothing = `(count_over_time(pg_stat_subscription_received_bytes_total[10m]) or 0 * pg_stat_subscription_apply_worker_up)
  < ${subscription.receivingRatio} * count_over_time(pg_stat_subscription_apply_worker_up[10m])
and pg_stat_subscription_enabled == 1`
const failsRepeatedly = `increase(pg_stat_subscription_stats_apply_errors_total[1h]) > ${subscription.errorsInAnHour}`
/** The largest counts of the last day, because a crash of the server resets them and does not enable the subscription. */
const wasDisabledByError = `pg_stat_subscription_enabled == 0 and pg_stat_subscription_disable_on_error == 1
and max_over_time(pg_stat_subscription_stats_apply_errors_total[1d]) + max_over_time(pg_stat_subscription_stats_sync_errors_total[1d]) > 0`
/** An unfinished initial copy with errors (PostgreSQL 15), or without a worker most of the time (PostgreSQL 14). */
const copyFails = `sum by (${perSubscription}) (pg_subscription_rel_tables{state!="ready"}) > 0
and (
  increase(pg_stat_subscription_stats_sync_errors_total[6h]) > 0
  or avg_over_time(pg_stat_subscription_sync_workers[15m]) < ${subscription.copyingRatio}
)
and pg_stat_subscription_enabled == 1`

const restoresNothing = (window: string) => `changes(pg_wal_position_replayed_bytes_total[${window}]) == 0`
const segments = `on (${perServer}) (${thresholds.restoreLagSegments} * pg_settings_wal_segment_size_bytes)`

const lags = (seconds: number) => `pg_replication_last_replay_seconds > ${seconds} and pg_replication_unreplayed_bytes > 0`

export const replication: readonly Alert[] = [
  {
    name: 'PostgresReplicaLag',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [warning('5m', lags(replicaLagSeconds.warning)), critical('5m', lags(replicaLagSeconds.critical))],
    summary: `Standby ${server} is ${duration} behind its primary`,
    description:
      'It has not replayed all received WAL, so its queries return old data. Check for a long query, slow storage or paused replay.'
  },
  {
    name: 'PostgresReplicaLagBytes',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      warning(
        '10m',
        `max by (${perServer}, application_name) (pg_stat_replication_replay_lag_bytes{application_name!~".*_sync_.*"}) > ${thresholds.replicaLagBytes}`
      )
    ],
    summary: `Standby ${label('application_name')} of ${server} is ${bytes} of WAL behind`,
    description:
      'Measured on the primary. A failover would lose this WAL or wait for its replay. Check the network and the load of the standby.'
  },
  {
    name: 'PostgresReplicaDisconnected',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [critical('2m', 'pg_replication_receiver_connected == 0')],
    summary: `Standby ${server} receives no WAL`,
    description: 'It does not stream from any server. Its data becomes older while its lag in bytes remains 0. Check its log.'
  },
  {
    name: 'PostgresRestoreStalled',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      critical(
        '30m',
        `${restoresNothing('15m')}
and on (${perServer}) server:pg_restore_lag:bytes > ${segments}
unless on (${perServer}) pg_settings_recovery_min_apply_delay_seconds > 0`
      ),
      warning(
        '15m',
        `${restoresNothing('1d')}
and present_over_time(pg_wal_position_replayed_bytes_total[1h] offset 23h)
unless on (${perServer}) pg_replication_receiver_connected
unless on (${perServer}) server:pg_restore_lag:bytes <= ${segments}`
      )
    ],
    summary: `Standby ${server} has stopped restoring WAL from the archive`,
    description:
      'Its replay position does not change. Critical: its primary has written several segments since. Warning: no change for a day, and the primary is not monitored or has written more. Check its log and restore_command.'
  },
  {
    name: 'PostgresStandbyMissing',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      warning(
        '15m',
        `server:pg_standbys_streaming:sum < max_over_time(server:pg_standbys_streaming:sum[1d])
unless on (${perServer}) pg_replication_is_replica > min_over_time(pg_replication_is_replica[1d])`
      )
    ],
    summary: `PostgreSQL server ${server} has {{ $value }} streaming standbys, fewer than at any time within the last day`,
    description: 'A standby disconnected. With a slot, WAL accumulates for it; without one, it may need to be rebuilt.'
  },
  {
    name: 'PostgresSyncCommitHangs',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      critical(
        '1m',
        `sum by (${perServer}) (pg_stat_activity_wait_events{wait_event="SyncRep"}) > 0
unless on (${perServer}) sum by (${perServer}) (pg_stat_replication_sync_state{sync_state=~"sync|quorum"}) > 0`
      )
    ],
    summary: `{{ $value }} sessions on ${server} wait for a synchronous standby, but none is connected`,
    description: 'Commits hang until a standby named in synchronous_standby_names reconnects or the parameter is changed.'
  },
  {
    name: 'PostgresSubscriptionFailing',
    scope: 'database',
    dashboard: 'pgvitals-replication',
    tiers: [critical('5m', `${receivesNothing}\nor ${failsRepeatedly}\nor ${wasDisabledByError}`), warning('15m', copyFails)],
    summary: `Subscription ${label('subname')} of ${database} does not apply changes or fails to copy a table`,
    description:
      'The subscriber falls behind and the publisher retains WAL. The log of the subscriber contains the error, usually a conflicting row. An error can also disable the subscription.'
  }
]
