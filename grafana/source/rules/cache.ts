import { thresholds } from '../thresholds.ts'
import { type Alert, database, duration, percent, server, warning } from './alert.ts'

const { cacheHit, readLatency } = thresholds

export const cache: readonly Alert[] = [
  {
    name: 'PostgresCacheHitLow',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [
      warning(
        '30m',
        `datname:pg_cache_hit:ratio_rate15m < ${cacheHit.ratio} and datname:pg_blocks_read:rate15m > ${cacheHit.leastBlocksReadPerSecond}`
      )
    ],
    summary: `Database ${database} finds only ${percent} of its blocks in shared buffers`,
    description:
      'Statements wait for storage that all databases share. Check which table or statement reads most, and whether an index is missing.'
  },
  {
    name: 'PostgresReadLatencyHigh',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [warning('15m', `server:pg_io_read_seconds:mean15m > ${readLatency.seconds}`)],
    summary: `A read takes ${duration} on average on PostgreSQL server ${server}`,
    description: 'Storage is slow or has reached its limit. On RDS, check IOPS, throughput and burst credits.'
  }
]
