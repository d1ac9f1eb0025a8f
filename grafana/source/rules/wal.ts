import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

const requested = 'rate(pg_stat_checkpointer_num_requested_total[1h])'
const timed = 'rate(pg_stat_checkpointer_num_timed_total[1h])'

export const wal: readonly Alert[] = [
  {
    name: 'PostgresArchiverFailing',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      {
        severity: 'critical',
        expression: `pg_stat_archiver_last_failed_timestamp_seconds
> (pg_stat_archiver_last_archived_timestamp_seconds or 0 * pg_stat_archiver_last_failed_timestamp_seconds)`,
        for: '10m'
      }
    ],
    summary: 'PostgreSQL server {{ $labels.server }} fails to archive WAL',
    description:
      'The last attempt failed. Backups cannot be restored beyond this point, and WAL piles up until the disk is full. The log has the error.'
  },
  {
    name: 'PostgresArchiverStalled',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      { severity: 'critical', expression: `pg_archiver_backlog_oldest_age_seconds > ${thresholds.archiverBacklogSeconds}`, for: '10m' }
    ],
    summary: 'A WAL file of {{ $labels.server }} has waited {{ $value | humanizeDuration }} to be archived',
    description: 'Archiving hangs or is slower than WAL is written. Backups cannot be restored beyond this point, and the disk fills.'
  },
  {
    name: 'PostgresCheckpointsForced',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      {
        severity: 'warning',
        expression: `${requested} / (${requested} + ${timed} > 0) > ${thresholds.checkpoints.requestedRatio}
and ${requested} * 3600 > ${thresholds.checkpoints.leastRequestedPerHour}`,
        for: '1h'
      }
    ],
    summary:
      '{{ $value | humanizePercentage }} of the checkpoints of {{ $labels.server }} are forced, because WAL fills max_wal_size before their time',
    description: 'Each one makes more WAL and more disk load. Raise max_wal_size, if the disk has room.'
  }
]
