import { perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

const { diskFreeRatio, diskFill, walDirectory, sequenceUsedRatio } = thresholds

/** That the disk will be full by then, if it goes on as in this window. */
const fills = (window: string, aheadSeconds: number) =>
  `min by (${perServer}) (predict_linear(pg_disk_free_bytes[${window}], ${aheadSeconds})) < 0 and server:pg_disk_free:ratio < ${diskFill.freeRatio}`

export const capacity: readonly Alert[] = [
  {
    name: 'PostgresDiskSpaceLow',
    scope: 'instance',
    dashboard: 'pgvitals-storage',
    tiers: [
      { severity: 'warning', expression: `server:pg_disk_free:ratio < ${diskFreeRatio.warning}`, for: '15m' },
      { severity: 'critical', expression: `server:pg_disk_free:ratio < ${diskFreeRatio.critical}`, for: '5m' }
    ],
    summary: 'PostgreSQL server {{ $labels.server }} has {{ $value | humanizePercentage }} of its disk free',
    description: 'A full disk stops the server. See what grows: a database, WAL held by a slot or the archiver, or temporary files.'
  },
  {
    name: 'PostgresDiskFillPredicted',
    scope: 'instance',
    dashboard: 'pgvitals-storage',
    tiers: [
      { severity: 'warning', expression: fills('6h', diskFill.warningAheadSeconds), for: '1h' },
      { severity: 'critical', expression: fills('1h', diskFill.criticalAheadSeconds), for: '15m' }
    ],
    summary: 'The disk of PostgreSQL server {{ $labels.server }} will be full soon if it goes on like this',
    description: 'Within 4 days by the last 6 hours (warning) or 1 day by the last hour (critical). See what grows.'
  },
  {
    name: 'PostgresWalDirectoryLarge',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      {
        severity: 'warning',
        expression: `pg_wal_size_bytes > ${walDirectory.timesMaxWalSize} * pg_settings_max_wal_size_bytes + pg_settings_wal_keep_size_bytes`,
        for: '15m'
      },
      {
        severity: 'critical',
        expression: `pg_wal_size_bytes / min by (${perServer}) (pg_disk_total_bytes) > ${walDirectory.diskRatio} and pg_wal_size_bytes > ${walDirectory.timesMaxWalSize} * pg_settings_max_wal_size_bytes`,
        for: '15m'
      }
    ],
    summary: 'PostgreSQL server {{ $labels.server }} keeps far more WAL than max_wal_size',
    description:
      'Something holds it: a replication slot, an archiver that fails, or checkpoints that do not end. It grows until the disk is full.'
  },
  {
    name: 'PostgresSequenceExhausted',
    scope: 'database',
    dashboard: 'pgvitals-storage',
    tiers: [
      { severity: 'warning', expression: `pg_sequence_used_ratio > ${sequenceUsedRatio.warning}`, for: '1h' },
      { severity: 'critical', expression: `pg_sequence_used_ratio > ${sequenceUsedRatio.critical}`, for: '5m' }
    ],
    summary:
      'Sequence {{ $labels.schemaname }}.{{ $labels.sequencename }} of {{ $labels.datname }} on {{ $labels.server }} has used {{ $value | humanizePercentage }} of its numbers',
    description: 'At 100 % every insert that takes a number fails. Widen the column to bigint before that; on a large table it takes long.'
  },
  {
    name: 'PostgresExhaustionNear',
    scope: 'instance',
    dashboard: 'pgvitals-home',
    tiers: [
      {
        severity: 'warning',
        expression: `server:pg_exhaustion:eta_seconds{resource=~"xid|multixact|sequence|slot"} < ${thresholds.exhaustionSeconds}`,
        for: '1h'
      }
    ],
    summary: 'PostgreSQL server {{ $labels.server }} runs out of {{ $labels.resource }} within a day, at the pace of the last hours',
    description: 'A resource that cannot be extended at once will end. Its dashboard says which object it is.'
  },
  {
    name: 'PostgresDatabaseOverQuota',
    scope: 'database',
    dashboard: 'pgvitals-storage',
    tiers: [{ severity: 'warning', expression: 'pg_database_size_bytes > pg_database_quota_bytes', for: '1h' }],
    summary: 'Database {{ $labels.datname }} on {{ $labels.server }} has {{ $value | humanize1024 }}B, more than its quota',
    description: 'Nothing stops it, but the disk is shared with other teams. Agree on another quota, or remove data.'
  },
  {
    name: 'PostgresTempSpill',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [{ severity: 'warning', expression: `rate(pg_stat_database_temp_bytes[15m]) > ${thresholds.tempBytesPerSecond}`, for: '30m' }],
    summary: 'Database {{ $labels.datname }} on {{ $labels.server }} writes {{ $value | humanize1024 }}B/s of temporary files',
    description: 'Sorts and hashes do not fit in work_mem: slow for this team and a load on the disk for all. See which statements do it.'
  }
]
