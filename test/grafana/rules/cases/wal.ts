import type { AlertCase } from '../alert-case.ts'

const failed = 'pg_stat_archiver_last_failed_timestamp_seconds'
const archived = 'pg_stat_archiver_last_archived_timestamp_seconds'
const requested = 'pg_stat_checkpointer_num_requested_total'
const timed = 'pg_stat_checkpointer_num_timed_total'

export const wal: readonly AlertCase[] = [
  {
    alert: 'PostgresArchiverFailing',
    severity: 'critical',
    bad: { [failed]: 1_700_000_100, [archived]: 1_700_000_000 },
    good: { [archived]: 1_700_000_200 },
    silent: {},
    optional: [archived],
    summary: 'PostgreSQL server SERVER fails to archive WAL'
  },
  {
    alert: 'PostgresArchiverStalled',
    severity: 'critical',
    bad: { pg_archiver_backlog_oldest_age_seconds: 1860 },
    good: { pg_archiver_backlog_oldest_age_seconds: 10 },
    silent: { 'just below': { pg_archiver_backlog_oldest_age_seconds: 1740 } },
    summary: 'A WAL file of SERVER has waited 31m 0s to be archived'
  },
  {
    // 0.11 per minute is 6.6 per hour.
    alert: 'PostgresCheckpointsForced',
    severity: 'warning',
    bad: { [requested]: '+0.11', [timed]: '+0.1' },
    good: { [requested]: '+0' },
    silent: {
      'most are timed': { [timed]: '+0.12' },
      'few checkpoints': { [requested]: '+0.09', [timed]: '+0.05' },
      'no checkpoints': { [requested]: '+0', [timed]: '+0' }
    },
    holdsAtOnce: true,
    summary: '52.38% of the checkpoints of SERVER are requested before checkpoint_timeout'
  }
]
