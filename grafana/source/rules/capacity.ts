import { perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import { type Alert, bytes, critical, database, label, percent, server, warning } from './alert.ts'

const { diskFreeRatio, diskFill, walDirectory, sequenceUsedRatio } = thresholds

/** The disk is full after `aheadSeconds` if the trend of the window continues. */
const fills = (window: string, aheadSeconds: number) =>
  `min by (${perServer}) (predict_linear(pg_disk_free_bytes[${window}], ${aheadSeconds})) < 0 and server:pg_disk_free:ratio < ${diskFill.freeRatio}`

/** A full disk stops the server; while it is down, the last known ratio counts. */
const diskFree = (ratio: number) =>
  `server:pg_disk_free:ratio < ${ratio}
or last_over_time(server:pg_disk_free:ratio[1d]) < ${ratio} and on (${perServer}) pg_up == 0`

const exceedsMaxWalSize = `pg_wal_size_bytes > ${walDirectory.timesMaxWalSize} * pg_settings_max_wal_size_bytes`

export const capacity: readonly Alert[] = [
  {
    name: 'PostgresDiskSpaceLow',
    scope: 'instance',
    dashboard: 'pgvitals-storage',
    tiers: [warning('15m', diskFree(diskFreeRatio.warning)), critical('5m', diskFree(diskFreeRatio.critical))],
    summary: `PostgreSQL server ${server} has ${percent} of its disk space free`,
    description: 'A full disk stops the server. Check what grows: data, WAL retained by a slot or by archiving, or temporary files.'
  },
  {
    name: 'PostgresDiskFillPredicted',
    scope: 'instance',
    dashboard: 'pgvitals-storage',
    tiers: [warning('1h', fills('6h', diskFill.warningAheadSeconds)), critical('15m', fills('1h', diskFill.criticalAheadSeconds))],
    summary: `The disk of PostgreSQL server ${server} will be full soon if the current trend continues`,
    description:
      'Full within 4 days by the trend of the last 6 hours (warning), or within a day by the last hour (critical). Check what grows.'
  },
  {
    name: 'PostgresWalDirectoryLarge',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      warning('15m', `${exceedsMaxWalSize} + pg_settings_wal_keep_size_bytes`),
      critical(
        '15m',
        `pg_wal_size_bytes / min by (${perServer}) (pg_disk_total_bytes) > ${walDirectory.diskRatio} and ${exceedsMaxWalSize}`
      )
    ],
    summary: `PostgreSQL server ${server} retains far more WAL than max_wal_size`,
    description:
      'A replication slot, failing archiving or incomplete checkpoints retain it. It grows until the disk is full and the server stops.'
  },
  {
    name: 'PostgresSequenceExhausted',
    scope: 'database',
    dashboard: 'pgvitals-storage',
    tiers: [
      warning('1h', `pg_sequence_used_ratio > ${sequenceUsedRatio.warning}`),
      critical('5m', `pg_sequence_used_ratio > ${sequenceUsedRatio.critical}`)
    ],
    summary: `Sequence ${label('schemaname')}.${label('sequencename')} of ${database} has used ${percent} of its values`,
    description: 'At 100 % every insert that needs a value fails. Change the column to bigint in time; on a large table this takes long.'
  },
  {
    name: 'PostgresExhaustionNear',
    scope: 'database',
    dashboard: 'pgvitals-storage',
    tiers: [
      warning('1h', `datname:pg_exhaustion:eta_seconds < ${thresholds.exhaustionSeconds}`),
      warning('1h', `server:pg_exhaustion:eta_seconds{resource="slot"} < ${thresholds.exhaustionSeconds}`, 'instance')
    ],
    summary: `PostgreSQL server ${server} exhausts a resource within a day at the current rate: ${label('resource')}{{ with $labels.datname }} of {{ . }}{{ end }}`,
    description: 'The resource cannot be extended quickly. When it is exhausted, writes fail or a slot is lost.'
  },
  {
    name: 'PostgresDatabaseOverQuota',
    scope: 'database',
    dashboard: 'pgvitals-storage',
    tiers: [warning('1h', 'pg_database_size_bytes > pg_database_quota_bytes')],
    summary: `Database ${database} uses ${bytes}, more than its quota`,
    description: 'PostgreSQL does not enforce the quota, and other teams share the disk. Agree on a larger quota or remove data.'
  },
  {
    name: 'PostgresTempSpill',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [warning('15m', `rate(pg_stat_database_temp_bytes[1h]) > ${thresholds.tempBytesPerSecond}`)],
    summary: `Database ${database} writes ${bytes}/s of temporary files`,
    description:
      'Sorts and hashes exceed work_mem. They are slow and load the disk that all databases share. Check which statements cause it.'
  },
  {
    name: 'PostgresTemporaryFilesLarge',
    scope: 'instance',
    dashboard: 'pgvitals-storage',
    tiers: [warning('5m', `sum by (${perServer}) (pg_temporary_files_size_bytes) > min by (${perServer}) (pg_disk_free_bytes)`)],
    summary: `Temporary files of PostgreSQL server ${server} use ${bytes}, more than the free disk space`,
    description:
      'A running query sorts or hashes far more than work_mem. If it needs as much again, the disk is full. Find the query and end it.'
  }
]
