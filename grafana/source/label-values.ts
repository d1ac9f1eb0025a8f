import type { LabelName, MetricName } from './catalogue.ts'

type Key = { [Metric in MetricName]: `${Metric}.${LabelName<Metric>}` }[MetricName]

const sessionStates = [
  'active',
  'idle',
  'idle in transaction',
  'idle in transaction (aborted)',
  'fastpath function call',
  'disabled',
  'unknown'
]
const lockModes = [
  'accesssharelock',
  'rowsharelock',
  'rowexclusivelock',
  'shareupdateexclusivelock',
  'sharelock',
  'sharerowexclusivelock',
  'exclusivelock',
  'accessexclusivelock',
  'sireadlock'
]

/** The possible values of labels whose values a query fixes. A matcher for any other value selects nothing. */
export const labelValues: Readonly<Partial<Record<Key, readonly string[]>>> = {
  'pg_stat_activity_connections.state': sessionStates,
  'pg_stat_activity_count.state': sessionStates,
  'pg_stat_activity_running.state': sessionStates,
  'pg_stat_activity_running.older_than': ['1s', '10s', '1m', '10m', '1h'],
  'pg_locks_count.mode': lockModes,
  'pg_locks_by_grant.granted': ['true', 'false'],
  'pg_xmin_horizon_age.holder': ['session', 'autovacuum', 'standby', 'background', 'unknown', 'prepared', 'slot', 'slot_catalog'],
  'pg_backup_sessions.kind': ['pg_dump', 'pg_dumpall', 'base_backup'],
  'pg_stat_replication_connections.kind': ['physical', 'logical', 'table_sync', 'backup'],
  'pg_stat_replication_connections.state': ['startup', 'catchup', 'streaming', 'backup', 'stopping'],
  'pg_stat_replication_sync_state.sync_state': ['async', 'potential', 'sync', 'quorum'],
  'pg_replication_slots_wal_status.wal_status': ['reserved', 'extended', 'unreserved', 'lost'],
  'pg_server_info.role': ['primary', 'standby'],
  'pg_stat_ssl_connections.ssl': ['true', 'false', 'unknown'],
  'pg_disk_free_bytes.source': ['configured', 'filesystem'],
  'pg_disk_total_bytes.source': ['configured', 'filesystem'],
  'pgvitals_capability.capability': [
    'pg_monitor',
    'pg_read_all_stats',
    'pg_read_all_settings',
    'pg_ls_waldir',
    'pg_ls_archive_statusdir',
    'pg_stat_statements',
    'track_activities',
    'track_counts',
    'compute_query_id',
    'pg_stat_statements.track'
  ],
  'ALERTS.alertstate': ['pending', 'firing'],
  'ALERTS.severity': ['critical', 'warning', 'info'],
  'ALERTS.scope': ['instance', 'database', 'exporter']
}
