import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

const { cacheHit, readLatency } = thresholds

export const cache: readonly Alert[] = [
  {
    name: 'PostgresCacheHitLow',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [
      {
        severity: 'warning',
        expression: `datname:pg_cache_hit:ratio_rate15m < ${cacheHit.ratio} and datname:pg_blocks_read:rate15m > ${cacheHit.leastBlocksReadPerSecond}`,
        for: '30m'
      }
    ],
    summary:
      'Database {{ $labels.datname }} on {{ $labels.server }} finds only {{ $value | humanizePercentage }} of its blocks in shared buffers',
    description:
      'And reads many. Statements are slow and the disk is busy for all. See which table or statement reads, and whether an index is missing.'
  },
  {
    name: 'PostgresReadLatencyHigh',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [{ severity: 'warning', expression: `server:pg_io_read_seconds:mean15m > ${readLatency.seconds}`, for: '15m' }],
    summary: 'A read from disk takes {{ $value | humanizeDuration }} on average on PostgreSQL server {{ $labels.server }}',
    description: 'The storage is slow or its limit is reached: on RDS look at IOPS, throughput and burst credits.'
  }
]
