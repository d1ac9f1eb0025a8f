import { perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

const { replicaLagSeconds } = thresholds

const lags = (seconds: number) => `pg_replication_last_replay_seconds > ${seconds} and pg_replication_unreplayed_bytes > 0`

export const replication: readonly Alert[] = [
  {
    name: 'PostgresReplicaLag',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      { severity: 'warning', expression: lags(replicaLagSeconds.warning), for: '5m' },
      { severity: 'critical', expression: lags(replicaLagSeconds.critical), for: '5m' }
    ],
    summary: 'Standby {{ $labels.server }} is {{ $value | humanizeDuration }} behind its primary',
    description:
      'It has received WAL that it has not replayed: its queries see old data. A long query, a slow disk or a paused replay holds it up.'
  },
  {
    name: 'PostgresReplicaLagBytes',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      {
        severity: 'warning',
        expression: `max by (${perServer}, application_name) (pg_stat_replication_replay_lag_bytes) > ${thresholds.replicaLagBytes}`,
        for: '10m'
      }
    ],
    summary: 'Standby {{ $labels.application_name }} of {{ $labels.server }} is {{ $value | humanize1024 }}B of WAL behind',
    description:
      "Seen from the primary. A failover now would lose or delay this much. Look at the network, and at the standby's disk and queries."
  },
  {
    name: 'PostgresReplicaDisconnected',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [{ severity: 'critical', expression: 'pg_replication_receiver_connected == 0', for: '2m' }],
    summary: 'Standby {{ $labels.server }} receives no WAL',
    description: 'It does not stream from any server and grows older by the second, while its lag in bytes shows nothing. Its log says why.'
  },
  {
    name: 'PostgresStandbyMissing',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      {
        severity: 'warning',
        expression: 'server:pg_standbys_streaming:sum < max_over_time(server:pg_standbys_streaming:sum[1d])',
        for: '15m'
      }
    ],
    summary: 'PostgreSQL server {{ $labels.server }} has {{ $value }} streaming standbys, fewer than within the last day',
    description: 'A standby has gone. If it has a slot, WAL piles up for it; if not, it may be too late to catch up.'
  },
  {
    name: 'PostgresSyncCommitHangs',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      {
        severity: 'critical',
        expression: `sum by (${perServer}) (pg_stat_activity_wait_events{wait_event="SyncRep"}) > 0
unless on (${perServer}) sum by (${perServer}) (pg_stat_replication_sync_state{sync_state=~"sync|quorum"}) > 0`,
        for: '1m'
      }
    ],
    summary: '{{ $value }} sessions on {{ $labels.server }} wait for a synchronous standby that is not there',
    description: 'Commits hang until a standby named in synchronous_standby_names comes back, or the setting is changed.'
  },
  {
    name: 'PostgresSubscriptionFailing',
    scope: 'database',
    dashboard: 'pgvitals-replication',
    tiers: [
      {
        severity: 'critical',
        expression: `pg_stat_subscription_apply_worker_up == 0 and pg_stat_subscription_enabled == 1
or increase(pg_stat_subscription_stats_apply_errors_total[15m]) > 0`,
        for: '5m'
      }
    ],
    summary: 'Subscription {{ $labels.subname }} of {{ $labels.datname }} on {{ $labels.server }} does not apply changes',
    description:
      "The subscriber grows older, and the publisher keeps WAL for it. The subscriber's log has the error, most often a conflicting row."
  }
]
