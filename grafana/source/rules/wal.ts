import { thresholds } from '../thresholds.ts'
import { type Alert, critical, duration, percent, server, warning } from './alert.ts'

const requested = 'rate(pg_stat_checkpointer_num_requested_total[1h])'
const timed = 'rate(pg_stat_checkpointer_num_timed_total[1h])'

export const wal: readonly Alert[] = [
  {
    name: 'PostgresArchiverFailing',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      critical(
        '10m',
        `pg_stat_archiver_last_failed_timestamp_seconds
> (pg_stat_archiver_last_archived_timestamp_seconds or 0 * pg_stat_archiver_last_failed_timestamp_seconds)`
      )
    ],
    summary: `PostgreSQL server ${server} fails to archive WAL`,
    description:
      'Point-in-time recovery is possible only up to the last archived file, and WAL accumulates until the disk is full. The server log has the error.'
  },
  {
    name: 'PostgresArchiverStalled',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [critical('10m', `pg_archiver_backlog_oldest_age_seconds > ${thresholds.archiverBacklogSeconds}`)],
    summary: `A WAL file of ${server} has waited ${duration} to be archived`,
    description:
      'Archiving hangs or is slower than WAL is generated. Point-in-time recovery is possible only up to this file, and the disk fills.'
  },
  {
    name: 'PostgresCheckpointsForced',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      warning(
        '1h',
        `${requested} / (${requested} + ${timed} > 0) > ${thresholds.checkpoints.requestedRatio}
and ${requested} * 3600 > ${thresholds.checkpoints.leastRequestedPerHour}`
      )
    ],
    summary: `${percent} of the checkpoints of ${server} are requested before checkpoint_timeout`,
    description: 'Frequent checkpoints increase WAL volume and disk load. Raise max_wal_size if the disk has space.'
  }
]
